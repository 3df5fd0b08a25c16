import assert from 'node:assert/strict'
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
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

/** A Python that answers as one, makes its environments by copying itself, and whose pip does as `pip` says. */
function pythonOnPath(t: TestContext, folder: string, pip: string): void {
  const before = process.env.PATH
  t.after(() => {
    process.env.PATH = before
  })
  const venv = 'mkdir -p "$3/bin" && cp "$0" "$3/bin/python"'
  const answers = [`"-c "*) echo '["3.12.1", true, null]';;`, `"-m venv"*) ${venv};;`, `"-m pip"*) ${pip};;`]
  program(folder, 'python3', 'case "$*" in', ...answers, 'esac')
  process.env.PATH = `${folder}:/usr/bin:/bin`
}

test('an environment is made once, and anew when it was cut short or the requirements changed', (t) => {
  const folder = emptyFolder(t)
  pythonOnPath(t, folder, 'echo "$@" >> "$(dirname "$0")/pip"')
  const venv = join(folder, '.firn', 'venv')
  const requirements = join(folder, 'requirements.txt')
  const pip = join(venv, 'bin', 'pip')
  const lines: string[] = []
  const make = () => {
    lines.length = 0
    makeVenv(venv, requirements, (line) => lines.push(line))
  }
  writeFileSync(requirements, '# two\none==1\ntwo==2\n')
  make()
  assert.equal(isComplete(venv, requirements), true)
  assert.match(lines.join('\n'), /^making a Python environment: python3 -m venv .*\ninstalling 2 Python packages/)
  assert.match(readFileSync(pip, 'utf8'), new RegExp(`^-m pip .*--no-deps -r ${requirements}\n$`))

  make()
  assert.deepEqual(lines, [])

  rmSync(join(venv, 'complete'))
  writeFileSync(join(venv, 'leftover'), '')
  assert.equal(isComplete(venv, requirements), false)
  make()
  assert.match(lines[0]!, /^removing .*incomplete or from other requirements/)
  assert.equal(existsSync(join(venv, 'leftover')), false)
  assert.equal(isComplete(venv, requirements), true)

  writeFileSync(requirements, 'one==1\n')
  assert.equal(isComplete(venv, requirements), false)
  make()
  assert.equal(isComplete(venv, requirements), true)
})

test('what pip says is in the error, and the environment is not complete', (t) => {
  const folder = emptyFolder(t)
  pythonOnPath(t, folder, 'echo "ERROR: No matching distribution found for one==1" >&2; exit 1')
  const venv = join(folder, 'venv')
  const requirements = join(folder, 'requirements.txt')
  writeFileSync(requirements, 'one==1\n')
  assert.throws(() => makeVenv(venv, requirements, () => {}), {
    name: 'RefusedError',
    message: /-m pip .*install .* failed \(status 1\):\nERROR: No matching distribution found for one==1$/,
  })
  assert.equal(isComplete(venv, requirements), false)
})

test('a disk that is full while pip writes is told as one', (t) => {
  const folder = emptyFolder(t)
  pythonOnPath(t, folder, 'echo "OSError: [Errno 28] No space left on device" >&2; exit 1')
  const requirements = join(folder, 'requirements.txt')
  writeFileSync(requirements, 'one==1\n')
  assert.throws(() => makeVenv(join(folder, 'venv'), requirements, () => {}), {
    name: 'RefusedError',
    message: /the disk is full/,
  })
})
