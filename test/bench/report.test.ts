import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { Outcome } from '../../bench/lines.ts'
import { machineText, peersIn } from '../../bench/machine.ts'
import { type CaseResult, caseText, outcomesText, unheld, verdictsText, withCase } from '../../bench/report.ts'

const firn: Outcome = {
  ...{ id: 'firn', label: 'firn', rows: 10, notRun: null, bytes: 10_600_000, exact: { wrong: [] } },
  samples: [2, 1, 3].map((seconds) => ({ seconds, cpuSeconds: seconds + 0.5, maxRssMb: 200.4, workSeconds: null })),
}
const peer: Outcome = {
  ...{ ...firn, id: 'peer', label: 'a peer', bytes: null, exact: { wrong: ['lat'] } },
  samples: [{ seconds: 5, cpuSeconds: 4, maxRssMb: 100, workSeconds: null }],
}
const absent: Outcome = { ...firn, id: 'absent', label: 'absent', notRun: 'status 1: no such thing', samples: [] }
const machine = {
  ...{ cpu: 'A CPU', cores: 2, memoryGb: 8, kernel: 'Linux 6.1', node: 'v24.0.0', server: '10.11.6-MariaDB' },
  peers: 'dlt 1.31.0',
}
const result: CaseResult = {
  ...{ name: 'wide', title: 'wide: 40 columns', date: '2026-01-31', repetitions: 5, machine },
  outcomes: [firn, peer],
  verdicts: [
    { text: '≥ 3 × a peer', held: false, measured: '2.50 ×' },
    { text: 'exact', held: true, measured: 'exact' },
  ],
}

describe('the tables', () => {
  test('medians beside the first; what did not run says why, and what is not exact where', () =>
    assert.equal(
      outcomesText([firn, peer, absent]),
      [
        '|  | seconds | of the first | CPU seconds | max RSS, MB | files, MB | sums |',
        '| --- | ---: | ---: | ---: | ---: | ---: | --- |',
        '| firn | 2.00 | 1.00 × | 2.50 | 200 | 10.6 | exact |',
        '| a peer | 5.00 | 2.50 × | 4.00 | 100 |  | not exact: lat |',
        '| absent | not run: status 1: no such thing |  |  |  |  |  |',
      ].join('\n'),
    ))

  test('a bar in what a competitor said does not end its cell', () =>
    assert.match(outcomesText([{ ...absent, notRun: 'a | b' }]), /not run: a \\\| b \|/))

  test('every line with what was measured', () =>
    assert.deepEqual(verdictsText(result.verdicts).split('\n').slice(2), [
      '| ≥ 3 × a peer | 2.50 × | **does not hold** |',
      '| exact | exact | holds |',
    ]))

  test('a case tells machine, date and repetitions', () => {
    const text = caseText(result)
    assert.match(
      text,
      /^### wide: 40 columns\n\n2026-01-31, medians of 5 alternating repetitions\. A CPU, 2 cores, 8 GB/,
    )
    assert.ok(text.includes(machineText(machine)))
  })

  test('lines that did not hold are named with their case', () => {
    assert.deepEqual(unheld([result]), ['wide: ≥ 3 × a peer: 2.50 ×'])
    assert.deepEqual(unheld([{ ...result, verdicts: result.verdicts.slice(1) }]), [])
  })
})

describe('the page', () => {
  const page = '# Benchmarks\n\nText.\n'
  const once = withCase(page, result)

  test('gets a case at its end', () => {
    assert.ok(once.startsWith('# Benchmarks\n\nText.\n\n<!-- bench extract wide -->\n### wide'))
    assert.ok(once.endsWith('<!-- end of extract wide -->\n'))
  })

  test('has it replaced in its place, and what is around it left alone', () => {
    const both = withCase(once, { ...result, name: 'text', title: 'text' })
    const again = withCase(both, { ...result, date: '2026-02-01' })
    assert.equal(again, both.replace('2026-01-31', '2026-02-01'))
    assert.equal(withCase(again, { ...result, date: '2026-02-01' }), again)
  })
})

test('peers are named as they are pinned', () =>
  assert.equal(
    peersIn(
      'connectorx==0.4.6\nduckdb==1.5.5\nduckdb_extension_x==9\nsling-linux-amd64==1.4.11; sys_platform == "linux"\n',
    ),
    'ConnectorX 0.4.6, DuckDB 1.5.5, Sling 1.4.11',
  ))
