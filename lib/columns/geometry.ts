/** GEOMETRY as the server stores it → WKB, or EWKB where it has an SRID: what Snowflake's TO_GEOMETRY and PostGIS read. */
import type { Outcome, Physical } from './builder.ts'
import { BytesBuilder } from './texts.ts'

/** "The WKB format" in MySQL's manual, "Geometry values": a little-endian SRID stands before it. */
const SRID_BYTES = 4
/** Byte order and type: the least that any WKB has. */
const HEAD_BYTES = 5
/** PostGIS' flag in the type for "an SRID follows". */
const HAS_SRID = 0x20000000

/** POINT, LINESTRING, POLYGON, their collections, and GEOMETRY. Axes stay in the order in which they are stored: x, y. */
export class GeometryBuilder extends BytesBuilder {
  override readonly physical: Physical = { type: 'BYTE_ARRAY', logical: null }

  constructor(maxBytes: number) {
    super(maxBytes, 'error')
  }

  override put(bytes: Uint8Array, start: number, end: number): Outcome {
    if (end - start < SRID_BYTES + HEAD_BYTES) return 'type'
    const view = new DataView(bytes.buffer, bytes.byteOffset + start, end - start)
    const srid = view.getUint32(0, true)
    const order = view.getUint8(SRID_BYTES)
    if (order > 1) return 'type'
    if (srid === 0) return super.put(bytes, start + SRID_BYTES, end)
    const wkb = new Uint8Array(end - start)
    wkb.set(bytes.subarray(start + SRID_BYTES, start + SRID_BYTES + HEAD_BYTES))
    wkb.set(bytes.subarray(start + SRID_BYTES + HEAD_BYTES, end), HEAD_BYTES + SRID_BYTES)
    const ewkb = new DataView(wkb.buffer)
    ewkb.setUint32(1, (view.getUint32(SRID_BYTES + 1, order === 1) | HAS_SRID) >>> 0, order === 1)
    ewkb.setUint32(HEAD_BYTES, srid, order === 1)
    return super.put(wkb, 0, wkb.length)
  }
}
