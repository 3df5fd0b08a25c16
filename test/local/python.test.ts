import assert from 'node:assert/strict'
import { existsSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { findPython, isComplete, makeVenv } from '../../local/python.ts'
import { emptyFolder, program } from './folder.ts'

test('the first Python that is recent enough and has venv is taken', (t) => {
  const folder = emptyFolder(t)
  const old = program(folder, 'old', `echo '["3.9.2", false, null]'`)
  const bare = program(folder, 'bare', `echo '["3.11.2", true, "ensurepip"]'`)
  const shim = program(folder, 'shim', 'exit 127')
  const good = program(folder, 'good', `echo '["3.12.1", true, null]'`)
  assert.equal(findPython([join(folder, 'none'), shim, old, bare, good]), good)
  assert.throws(() => findPython([shim, old, bare]), {
    name: 'RefusedError',
    message:
      /3\.11 or later.*old is 3\.9\.2, .*bare is 3\.11\.2 without ensurepip.*apt-get install python3 python3-venv/,
  })
  assert.throws(() => findPython([shim]), { message: /there is none on the PATH/ })
})

test('an environment is made once, and anew when it was cut short or the requirements changed', (t) => {
  const folder = emptyFolder(t)
  const venv = join(folder, '.firn', 'venv')
  const requirements = join(folder, 'requirements.txt')
  const leftover = join(venv, 'leftover')
  const lines: string[] = []
  const make = () => {
    lines.length = 0
    makeVenv(venv, requirements, (line) => lines.push(line))
  }
  writeFileSync(requirements, '# nothing\n')
  make()
  assert.equal(isComplete(venv, requirements), true)
  assert.match(lines.join('\n'), /^making a Python environment: .* -m venv .*\ninstalling 0 Python packages/)
  assert.ok(existsSync(join(venv, 'bin', 'python')))

  make()
  assert.deepEqual(lines, [])

  rmSync(join(venv, 'complete'))
  writeFileSync(leftover, '')
  assert.equal(isComplete(venv, requirements), false)
  make()
  assert.match(lines[0]!, /^removing .*incomplete or from other requirements/)
  assert.equal(existsSync(leftover), false)
  assert.equal(isComplete(venv, requirements), true)

  writeFileSync(requirements, '# something else\n')
  assert.equal(isComplete(venv, requirements), false)
})

test('what pip says is in the error, and the environment is not complete', (t) => {
  const folder = emptyFolder(t)
  const venv = join(folder, 'venv')
  const requirements = join(folder, 'requirements.txt')
  writeFileSync(requirements, `${join(folder, 'no-such-1.0-py3-none-any.whl')}\n`)
  assert.throws(() => makeVenv(venv, requirements, () => {}), {
    name: 'RefusedError',
    message: /pip .*install .* failed \(status 1\):[\s\S]*no-such-1\.0/,
  })
  assert.equal(isComplete(venv, requirements), false)
})
