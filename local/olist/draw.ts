/**
 * Chance, the same every time: SQL that turns a row's number into hashes. CRC32 of CRC32, since CRC32 alone is linear
 * (two draws of one row would differ by a constant), and a real digest takes five times as long. Whole numbers only, so that every
 * server and processor comes to the same digits.
 */

/** A whole number from 0 to 2³² − 1. `number` is SQL: a row's number, or several joined by `CONCAT_WS`. */
export type Draw = (tag: string, number: string) => string

/** Draws for a seed: another tag, another draw. */
export const drawsFor =
  (seed: number): Draw =>
  (tag, number) =>
    `CRC32(CRC32(CONCAT('${seed}:${tag}:', ${number})))`

/** 32 hexadecimal digits, as Olist's keys are. Not by MD5: MySQL 9.6 has it no more. */
export const hexKeySql = (seed: number, tag: string, number: string): string =>
  `LEFT(SHA2(CONCAT('${seed}:${tag}:', ${number}), 256), 32)`

/** The keys that more than one table speaks of. */
export const customerIdSql = (seed: number, number: string): string => hexKeySql(seed, 'customer', number)
export const sellerIdSql = (seed: number, number: string): string => hexKeySql(seed, 'seller', number)

const BITS = 20

/** From a draw a number below `size`, small ones more often: half of them come from the first quarter. */
export const skewedSql = (draw: string, size: number): string => {
  const part = `(${draw} DIV ${2 ** (32 - BITS)})`
  return `(${part} * ${part} DIV ${2 ** BITS} * ${size} DIV ${2 ** BITS})`
}

/** From a draw one of the weighted numbers, each below 100: weights are counts out of their sum. */
export const weightedSql = (draw: string, weights: [number: number, weight: number][]): string => {
  const digits = weights.map(([number, weight]) => String(number).padStart(2, '0').repeat(weight)).join('')
  return `CAST(SUBSTR('${digits}', 1 + 2 * (${draw} % ${digits.length / 2}), 2) AS SIGNED)`
}

/** From a draw a point on a line through `[part, value]`, parts per 1,000 from 0 to 1,000, rising: a distribution by its quantiles. */
export const quantileSql = (draw: string, points: [part: number, value: number][]): string => {
  const part = `(${draw} DIV ${Math.ceil(2 ** 32 / 1_000_000)})`
  const pieces = points.slice(1).map(([to, high], i) => {
    const [from, low] = points[i]!
    const value = `${low} + (${part} - ${from * 1000}) * ${high - low} DIV ${(to - from) * 1000}`
    return i === points.length - 2 ? `ELSE ${value}` : `WHEN ${part} < ${to * 1000} THEN ${value}`
  })
  return `CASE ${pieces.join(' ')} END`
}

/**
 * A shuffle of the numbers below `size`: number × step + offset, modulo size. A bijection, since step and size have no
 * common factor; another tag, another shuffle.
 */
export const shuffledSql = (seed: number, tag: string, number: string, size: number): string => {
  let mixed = seed
  for (const letter of tag) mixed = (mixed * 31 + letter.charCodeAt(0)) % 999_983
  let step = Math.max(1, Math.floor(size * 0.618) + (mixed % 97))
  while (gcd(step, size) !== 1) step++
  return `((${number} * ${step} + ${mixed % size}) % ${size})`
}

const gcd = (a: number, b: number): number => (b === 0 ? a : gcd(b, a % b))

/** How many layers a number is in, where `layers[n]` numbers are in more than n of them: 1 for most. */
export const depthSql = (number: string, layers: number[]): string => {
  const cases = layers.slice(1).map((size, i) => `WHEN ${number} >= ${size} THEN ${i + 1}`)
  return cases.length ? `CASE ${cases.join(' ')} ELSE ${layers.length} END` : '1'
}

/** The number in its layer, for the numbers below the sum of all layers, one layer after the other. */
export const inLayerSql = (number: string, layers: number[]): string => {
  let first = 0
  const cases = layers.map((size) => {
    const sql = `WHEN ${number} < ${first + size} THEN ${number} - ${first}`
    first += size
    return sql
  })
  return `CASE ${cases.join(' ')} END`
}
