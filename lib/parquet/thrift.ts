/** Thrift's compact protocol, as much of it as Parquet's metadata needs ("Thrift Compact protocol encoding"). */

const TRUE = 1
const FALSE = 2
const I32 = 5
const I64 = 6
const BINARY = 8
const LIST = 9
const STRUCT = 12
/** Longer lists say their length after the type rather than beside it. */
const SHORT_LIST = 15

/** A struct's field, by its number in parquet.thrift: what kind it is, and the value. */
export type Field =
  | { id: number; i32: number }
  | { id: number; i64: number }
  | { id: number; bool: boolean }
  | { id: number; text: string }
  | { id: number; struct: Field[] }
  | { id: number; list: { i32: number[] } | { text: string[] } | { struct: Field[][] } }

class Writer {
  private readonly bytes: number[] = []

  private varint(value: bigint): void {
    let rest = value
    for (; rest > 127n; rest >>= 7n) this.bytes.push(Number(rest & 127n) | 128)
    this.bytes.push(Number(rest))
  }

  private zigzag(value: number): void {
    const whole = BigInt(value)
    this.varint(whole < 0n ? -whole * 2n - 1n : whole * 2n)
  }

  private text(value: string): void {
    const bytes = Buffer.from(value)
    this.varint(BigInt(bytes.length))
    for (const byte of bytes) this.bytes.push(byte)
  }

  private listHead(length: number, type: number): void {
    if (length < SHORT_LIST) this.bytes.push((length << 4) | type)
    else {
      this.bytes.push((SHORT_LIST << 4) | type)
      this.varint(BigInt(length))
    }
  }

  private list(list: { i32: number[] } | { text: string[] } | { struct: Field[][] }): void {
    if ('i32' in list) {
      this.listHead(list.i32.length, I32)
      for (const value of list.i32) this.zigzag(value)
    } else if ('text' in list) {
      this.listHead(list.text.length, BINARY)
      for (const value of list.text) this.text(value)
    } else {
      this.listHead(list.struct.length, STRUCT)
      for (const value of list.struct) this.struct(value)
    }
  }

  private value(field: Field): void {
    if ('i32' in field) this.zigzag(field.i32)
    else if ('i64' in field) this.zigzag(field.i64)
    else if ('text' in field) this.text(field.text)
    else if ('struct' in field) this.struct(field.struct)
    else if ('list' in field) this.list(field.list)
  }

  private typeOf(field: Field): number {
    if ('bool' in field) return field.bool ? TRUE : FALSE
    if ('i32' in field) return I32
    if ('i64' in field) return I64
    if ('text' in field) return BINARY
    return 'struct' in field ? STRUCT : LIST
  }

  /** Field numbers grow, each by less than 16: so they are in parquet.thrift. */
  struct(fields: Field[]): this {
    let last = 0
    for (const field of fields) {
      this.bytes.push(((field.id - last) << 4) | this.typeOf(field))
      this.value(field)
      last = field.id
    }
    this.bytes.push(0)
    return this
  }

  done(): Buffer {
    return Buffer.from(this.bytes)
  }
}

/** A struct's bytes. Fields must be in the order of their numbers. */
export const encodeStruct = (fields: Field[]): Buffer => new Writer().struct(fields).done()
