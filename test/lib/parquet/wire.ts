/** Rows as they come from MySQL's socket: packets side by side, cut by the network where it likes. */
import { createRequire } from 'node:module'

type Packet = { buffer: Buffer; offset: number; end: number }
type Parser = new (take: (packet: Packet) => void) => { execute(chunk: Buffer): void }
/** As mysql2 itself cuts what comes from the network into packets: from where a row is in Extract's hands. */
const PacketParser = createRequire(import.meta.url)('../../../node_modules/mysql2/lib/packet_parser.js') as Parser

const MOST = 0xffffff

/** Each row a packet; one of 16 MB and more is sent as several ("MySQL Packets"). */
export const wire = (rows: Buffer[]): Buffer => {
  let number = 7
  const packet = (payload: Buffer) => {
    const header = Buffer.alloc(4)
    header.writeUIntLE(payload.length, 0, 3)
    header[3] = number++ & 255
    return Buffer.concat([header, payload])
  }
  const packets = rows.flatMap((row) => {
    const pieces: Buffer[] = []
    for (let at = 0; at <= row.length; at += MOST) pieces.push(packet(row.subarray(at, at + MOST)))
    return pieces
  })
  return Buffer.concat(packets)
}

/** Each row where it lies, when the network cuts at these places; it may cut a row more than once, or once in many. */
export const receivedRows = (bytes: Buffer, cuts: number[]): Packet[] => {
  const rows: Packet[] = []
  // mysql2 uses one object for all of them
  const parser = new PacketParser(({ buffer, offset, end }) => void rows.push({ buffer, offset, end }))
  let from = 0
  const ends = cuts.map((each) => each % (bytes.length || 1)).sort((a, b) => a - b)
  for (const cut of [...ends, bytes.length]) {
    // what the network gave is never used again for something else
    if (cut > from) parser.execute(Buffer.from(bytes.subarray(from, cut)))
    from = cut
  }
  return rows
}
