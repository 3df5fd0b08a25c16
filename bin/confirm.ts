/** Asks a person before something is done that is not easily undone. */
import { createInterface } from 'node:readline/promises'

/** Whether a person at the terminal says yes; where there is none, nobody does. */
export const confirmed = async (question: string): Promise<boolean> => {
  if (!process.stdin.isTTY) return false
  const lines = createInterface({ input: process.stdin, output: process.stderr })
  const said = await lines.question(`${question} (yes/no) `)
  lines.close()
  return said.trim() === 'yes'
}
