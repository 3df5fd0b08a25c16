/** A value of every kind that files carry, at its edges: what each route must bring as the others do. */
import { READ_AT } from '../../../../../lib/columns/staged.ts'
import type { Column } from '../../../../../lib/model.ts'
import type { Cell } from '../../../parquet/memory-store.ts'

/** A column of any name and type, which may be NULL. */
export const column = (name: string, type: string): Column => ({ name, type, nullable: true })

/** POINT(1 2) as MySQL stores it. */
const pointOf = (srid: number): Buffer => {
  const bytes = Buffer.alloc(25)
  bytes.writeUInt32LE(srid)
  bytes.writeUInt8(1, 4)
  bytes.writeUInt32LE(1, 5)
  bytes.writeDoubleLE(1, 9)
  bytes.writeDoubleLE(2, 17)
  return bytes
}

/** A column of every kind that a file has, and values at its edges; the first column is the rows' order. */
export const KINDS: [Column, Cell[]][] = [
  [column('id', 'int(11)'), ['1', '2', '3', '4']],
  [column('big', 'bigint(20)'), ['-9223372036854775808', '9223372036854775807', '9007199254740993', null]],
  [column('unsigned', 'bigint(20) unsigned'), ['18446744073709551615', '0', '9223372036854775808', null]],
  [column('price', 'decimal(10,2)'), ['-0.01', '99999999.99', '0.00', null]],
  [
    column('long', 'decimal(38,10)'),
    [`-${'9'.repeat(28)}.${'9'.repeat(10)}`, `${'9'.repeat(28)}.0000000001`, '0.0000000001', null],
  ],
  [column('whole', 'decimal(38,0)'), ['9'.repeat(38), `-${'9'.repeat(38)}`, '0', null]],
  [column('ratio', 'double'), ['1.7976931348623157e308', '5e-324', '0.30000000000000004', null]],
  [column('flag', 'bit(1)'), [Buffer.from([1]), Buffer.from([0]), Buffer.from([1]), null]],
  [column('bits', 'bit(64)'), [Buffer.alloc(8, 255), Buffer.alloc(8), Buffer.from([0, 0, 0, 0, 0, 0, 1, 0]), null]],
  [column('born', 'date'), ['0001-01-01', '9999-12-31', '1969-12-31', null]],
  [
    column('seen', 'datetime(6)'),
    ['0001-01-01 00:00:00.000001', '9999-12-31 23:59:59.999999', '1969-12-31 23:59:59.999999', null],
  ],
  [column('second', 'timestamp'), ['1970-01-01 00:00:01', '2038-01-19 03:14:07', '2000-02-29 12:00:00', null]],
  [column('lasts', 'time(6)'), ['-838:59:59.000000', '838:59:59.000000', '00:00:00.000001', null]],
  [column('note', 'text'), ['', 'NULL', `it's "x"\\ \t\r\n\u0000 🚀 ação é`, null]],
  [column('raw', 'varbinary(20)'), [Buffer.from([]), Buffer.from([0, 255, 16]), Buffer.from('’'), null]],
  [column('doc', 'json'), ['{"n": 18446744073709551615, "a": [1, null]}', '"x"', 'null', null]],
  [column('minus', 'double'), ['-0', '0', '-2.2250738585072014e-308', null]],
  [column('single', 'float'), ['3.4028234663852886e38', '1.401298464324817e-45', '0.10000000149011612', null]],
  [
    column('uuid', 'uuid'),
    [
      '00000000-0000-0000-0000-000000000000',
      'ffffffff-ffff-ffff-ffff-ffffffffffff',
      '0189d3c4-9e5b-7cc3-98c4-dc0c0c07398f',
      null,
    ],
  ],
  [column('label', "enum('','a,b','é')"), ['', 'a,b', 'é', null]],
  [column('labels', "set('x','y')"), ['', 'x,y', 'y', null]],
  [column('place', 'geometry'), [pointOf(0), pointOf(4326), pointOf(3857), null]],
  [
    READ_AT,
    [
      '2026-03-01 02:00:00.000001',
      '1970-01-01 00:00:00.000000',
      '9999-12-31 23:59:59.999999',
      '2024-02-29 00:00:00.100000',
    ],
  ],
]
