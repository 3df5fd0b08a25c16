/** Our side as one file each, bundled the way the functions are: what is measured is what is deployed. */
import { join } from 'node:path'
import { buildSync } from 'esbuild'
import { BUNDLING } from '../lib/stacks/bundling.ts'

/** Writes the bundles into a folder. Gives the path of each. Throws what esbuild finds wrong. */
export const bundle = (folder: string): { toFiles: string; toS3: string } => {
  const entryPoints = ['bench/extract-ours.ts', 'bench/extract-to-s3.ts']
  buildSync({ ...BUNDLING, entryPoints, outdir: folder, write: true })
  return { toFiles: join(folder, 'extract-ours.mjs'), toS3: join(folder, 'extract-to-s3.mjs') }
}
