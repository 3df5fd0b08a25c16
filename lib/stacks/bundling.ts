/** How functions become files: esbuild, all of them in one go, which takes a sixth of the time of one after the other. */
import { cpSync, statSync, writeFileSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { AssetHashType, DockerImage } from 'aws-cdk-lib'
import { type AssetCode, Code } from 'aws-cdk-lib/aws-lambda'
import { type BuildOptions, buildSync, type OutputFile } from 'esbuild'
import { STAGES, type StageName } from './stages.ts'

export const ROOT = join(import.meta.dirname, '..', '..')

/** CommonJS packages inside an ES module need `require`. The name is long since a short one collides once bundled. */
const BANNER =
  "import{createRequire as createRequireOfTheBundle}from'node:module';const require=createRequireOfTheBundle(import.meta.url);"

/** Parts of snowflake-sdk that only accounts on Azure and Google Cloud reach: a third of its bundle. */
const ABSENT = ['@azure/identity', '@azure/storage-blob', 'google-auth-library']

/** Never written to: a fixed place that source maps are relative to, so that equal code makes equal bundles. */
const NOWHERE = join(ROOT, 'bundles')

/** How everything is bundled. Not minified: it saves no time and costs readable errors. */
export const BUNDLING = {
  absWorkingDir: ROOT,
  outdir: NOWHERE,
  outExtension: { '.js': '.mjs' },
  write: false,
  bundle: true,
  platform: 'node',
  format: 'esm',
  target: 'node24',
  mainFields: ['module', 'main'],
  banner: { js: BANNER },
  define: { __dirname: 'import.meta.dirname', __filename: 'import.meta.filename' },
  loader: { '.node': 'empty' },
  alias: Object.fromEntries(ABSENT.map((name) => [name, './lib/stacks/absent.ts'])),
  sourcemap: true,
  sourcesContent: false,
  logLevel: 'error',
} as const satisfies BuildOptions

let bundled: OutputFile[] | undefined

/** Every stage's bundle, made once a process. The AWS SDK is inside, so that what was tested is what runs. */
const bundles = (): OutputFile[] => {
  const entryPoints = Object.fromEntries(STAGES.map((stage) => [`${stage}/index`, `functions/${stage}.ts`]))
  bundled ??= buildSync({ ...BUNDLING, entryPoints }).outputFiles
  return bundled
}

const isMetadata = (path: string) => path.endsWith('.json') || statSync(path).isDirectory()

/** What lies beside a bundle: the metadata folder for plan. */
const putBeside = (stage: StageName, metadataFolder: string, folder: string): void => {
  if (stage === 'plan') cpSync(metadataFolder, join(folder, 'metadata'), { recursive: true, filter: isMetadata })
}

/** Writes a stage's files into a folder: `index.mjs`, its source map, and what lies beside. */
export const writeBundle = (stage: StageName, metadataFolder: string, folder: string): void => {
  for (const { path, contents } of bundles())
    if (basename(dirname(path)) === stage) writeFileSync(join(folder, basename(path)), contents)
  putBeside(stage, metadataFolder, folder)
}

/**
 * A stage's code as an asset named by its content: unchanged code is not deployed again. Bundling is CDK's own hook, so
 * that it is left out where CDK leaves it out (`cdk destroy`, the context `aws:cdk:bundling-stacks`).
 */
export const stageCode = (stage: StageName, metadataFolder: string): AssetCode =>
  Code.fromAsset(join(ROOT, 'functions'), {
    assetHashType: AssetHashType.OUTPUT,
    bundling: {
      image: DockerImage.fromRegistry('never-asked-for'),
      // CDK takes two assets of equal options for the same
      command: [stage],
      local: {
        tryBundle: (folder) => {
          writeBundle(stage, metadataFolder, folder)
          return true
        },
      },
    },
  })
