/** What a command says: text for people on standard output, or with --json one document there and the text on standard error. */
import { styleText } from 'node:util'

let json = false
let answered = false
let failed = 0

/** Once, before a command runs. */
export const useJson = (on: boolean): void => {
  json = on
}

export const isJson = (): boolean => json

const stream = () => (json ? process.stderr : process.stdout)

/** Whether lines may be drawn over. */
export const isLive = (): boolean => stream().isTTY === true && !process.env.CI

/** A line for people. */
export const say = (line = ''): void => {
  stream().write(`${line}\n`)
}

/** Text drawn in place, for a live view. */
export const draw = (text: string): void => {
  stream().write(text)
}

/** The command's result: the document with --json, else the text. */
export const answer = (document: unknown, text: string): void => {
  answered = true
  if (json) process.stdout.write(`${JSON.stringify(document, null, 2)}\n`)
  else say(text)
}

/** What went wrong, on standard error; with --json also as the one document, unless that has been said already. */
export const complain = ({ name, message }: Error): void => {
  process.stderr.write(`${red(name)}: ${message}\n`)
  if (json && !answered) process.stdout.write(`${JSON.stringify({ error: { name, message } }, null, 2)}\n`)
}

/** The exit status a command ends with; the worst that was said counts. 1 the job failed, 2 wrong use or settings. */
export const endWith = (status: 0 | 1 | 2): void => {
  failed = Math.max(failed, status)
  process.exitCode = failed
}

const styled = (style: Parameters<typeof styleText>[0], text: string) =>
  isLive() ? styleText(style, text, { validateStream: false }) : text

export const bold = (text: string): string => styled('bold', text)
export const green = (text: string): string => styled('green', text)
export const red = (text: string): string => styled('red', text)
export const dim = (text: string): string => styled('dim', text)

/** Columns side by side; numbers (a `>` before the heading) to the right. */
export const table = (headings: string[], rows: string[][]): string => {
  const right = headings.map((heading) => heading.startsWith('>'))
  const lines = [headings.map((heading) => heading.replace(/^>/, '')), ...rows]
  const widths = headings.map((_, i) => Math.max(...lines.map((line) => (line[i] ?? '').length)))
  const cell = (text: string, i: number) => (right[i] ? text.padStart(widths[i]!) : text.padEnd(widths[i]!))
  return lines.map((line) => line.map(cell).join('  ').trimEnd()).join('\n')
}

/** 1550922 → 1,550,922 */
export const count = (number: number): string => number.toLocaleString('en-US')

/** Bytes in the unit that reads best. */
export const size = (bytes: number): string =>
  bytes >= 1e9
    ? `${(bytes / 1e9).toFixed(1)} GB`
    : bytes >= 1e6
      ? `${(bytes / 1e6).toFixed(1)} MB`
      : `${Math.ceil(bytes / 1e3)} kB`

export const seconds = (number: number): string => `${number.toFixed(1)} s`
