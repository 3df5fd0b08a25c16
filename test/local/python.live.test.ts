/** The tests of the twins that are in Python: see the folders of these names. */

import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { delimiter, join } from 'node:path'
import { text } from 'node:stream/consumers'
import { test } from 'node:test'
import { prepare } from '../../local/prepare.ts'
import { ROOT } from '../stack.ts'

for (const twin of ['aws', 'snowflake'])
  test(`the ${twin} twin passes its own tests`, async (t) => {
    const tools = await prepare({ root: ROOT, log: (line) => t.diagnostic(line) })
    const pytest = spawn(
      tools.python,
      ['-m', 'pytest', '-q', '-p', 'no:cacheprovider', join(ROOT, 'test', 'local', twin)],
      {
        cwd: ROOT,
        env: { ...process.env, PATH: [tools.nodeFolder, process.env.PATH].join(delimiter) },
        stdio: ['ignore', 'pipe', 'pipe'],
      },
    )
    const [said, complained, [code]] = await Promise.all([
      text(pytest.stdout),
      text(pytest.stderr),
      once(pytest, 'exit'),
    ])
    assert.equal(code, 0, said + complained)
    // Nothing collected, or some left out, is not a pass.
    assert.match(said, /^\d+ passed in [\d.]+s/m)
    t.diagnostic(said.trimEnd().split('\n').at(-1) ?? '')
  })
