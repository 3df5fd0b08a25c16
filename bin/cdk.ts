/** Runs the CDK's own command line, as `npx cdk` would. */
import { spawn } from 'node:child_process'
import { delimiter, dirname, join } from 'node:path'
import { RefusedError } from '../lib/errors.ts'
import { environmentName } from '../lib/settings.ts'
import { stackName } from './deployment.ts'
import { isLocal, ROOT } from './environment.ts'
import { dim, say } from './terminal.ts'

const LAST_LINES = 15

/** Runs `cdk ARGS` to its end; its output is shown as it comes, or, when `quiet`, only if it fails. Throws RefusedError when it fails. */
export const cdk = async (args: string[], quiet = false): Promise<void> => {
  say(dim(`$ npx cdk ${args.join(' ')}`))
  const child = spawn(process.execPath, [join(ROOT, 'node_modules', 'aws-cdk', 'bin', 'cdk'), ...args], {
    cwd: ROOT,
    env: {
      ...process.env,
      // cdk.json says `node`: this one
      PATH: [dirname(process.execPath), process.env.PATH].join(delimiter),
      CDK_DISABLE_CLI_TELEMETRY: 'true',
      ...(isLocal() ? { AWS_EC2_METADATA_DISABLED: 'true' } : {}),
    },
    // what asks a question needs the terminal
    stdio: quiet ? ['ignore', 'pipe', 'pipe'] : ['inherit', process.stderr, process.stderr],
  })
  let output = ''
  for (const stream of [child.stdout, child.stderr]) stream?.on('data', (bytes: Buffer) => (output += bytes))
  const code = await new Promise<number>((ended, failed) =>
    child.on('error', failed).on('close', (status) => ended(status ?? 1)),
  )
  if (code !== 0) {
    const lines = output.trimEnd().split('\n').slice(-LAST_LINES).join('\n')
    throw new RefusedError(`cdk ${args[0]} ended with status ${code}${lines ? `:\n${lines}` : ''}`)
  }
}

/** Deploys the stack of the environment. On this machine there is nobody to ask. */
export const cdkDeploy = (more: string[], quiet = false): Promise<void> =>
  cdk(
    [
      'deploy',
      stackName(),
      '-c',
      `env=${environmentName()}`,
      '--require-approval',
      isLocal() ? 'never' : 'broadening',
      '--ci',
      ...more,
    ],
    quiet,
  )
