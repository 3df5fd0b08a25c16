/** How wrong a clock is, in words. */

/** `2 h 5 min behind`, `40 s ahead of`: how far this machine's clock is off another's, which is `seconds` later. */
export const clockText = (secondsBehind: number): string => {
  const seconds = Math.abs(Math.round(secondsBehind))
  const [hours, minutes] = [Math.floor(seconds / 3600), Math.floor((seconds % 3600) / 60)]
  const parts = [...(hours ? [`${hours} h`] : []), ...(minutes ? [`${minutes} min`] : [])]
  return `${parts.length ? parts.join(' ') : `${seconds} s`} ${secondsBehind < 0 ? 'ahead of' : 'behind'}`
}
