/** A column's builder, by what its cells are and by the policies that were declared for it. */
import type { Column } from '../model.ts'
import type { Builder } from './builder.ts'
import { GeometryBuilder } from './geometry.ts'
import { DateBuilder, TimestampBuilder } from './moments.ts'
import {
  BitsBuilder,
  BooleanBuilder,
  DoubleBuilder,
  decimalBuilder,
  FlagBuilder,
  Int32Builder,
  Int64Builder,
} from './numbers.ts'
import { BytesBuilder, TextBuilder } from './texts.ts'
import { columnType } from './types.ts'

/** A fresh builder for a column. Throws RefusedError for a type that cannot be moved exactly. */
export const builderFor = (column: Column): Builder => {
  const { cells } = columnType(column)
  const { zero_date = 'null', oversize = 'error', invalid_utf8 = 'error' } = column.policies ?? {}
  switch (cells.kind) {
    case 'integer':
      return cells.bits === 32 ? new Int32Builder() : new Int64Builder()
    case 'decimal':
      return decimalBuilder(cells.precision, cells.scale)
    case 'double':
      return new DoubleBuilder()
    case 'boolean':
      return new BooleanBuilder()
    case 'flag':
      return new FlagBuilder()
    case 'bits':
      return new BitsBuilder()
    case 'date':
      return new DateBuilder(zero_date)
    case 'timestamp':
      return new TimestampBuilder(zero_date)
    case 'text':
      return new TextBuilder(cells.maxBytes, oversize, invalid_utf8)
    case 'bytes':
      return new BytesBuilder(cells.maxBytes, oversize)
    case 'geometry':
      return new GeometryBuilder(cells.maxBytes)
  }
}

export type { Builder, Outcome, Rejection } from './builder.ts'
