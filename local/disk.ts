/** A full disk, told as such wherever it is met. */

import { RefusedError } from '../lib/errors.ts'

const FULL = /ENOSPC|EDQUOT|No space left on device|Disk quota exceeded|(Errcode:|OS errno|failed with error) 28\b/

/**
 * Throws RefusedError naming `folder` when an error, or a program's output, says that the disk is full;
 * returns otherwise.
 */
export function refuseFullDisk(said: unknown, folder: string): void {
  const text = said instanceof Error ? `${(said as NodeJS.ErrnoException).code ?? ''} ${said.message}` : String(said)
  if (FULL.test(text)) {
    throw new RefusedError(
      `the disk is full: ${folder} cannot be written. Make room (the demo needs about 3 GB), then run the command again; ` +
        '`npm run -s firn -- down --wipe` empties the twins',
    )
  }
}
