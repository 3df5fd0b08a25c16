/** A column's builder, by what its cells are. */
import type { Column } from '../model.ts'
import type { Builder } from './builder.ts'
import { DateBuilder, TimestampBuilder } from './moments.ts'
import { BooleanBuilder, DoubleBuilder, decimalBuilder, Int32Builder, int64Builder } from './numbers.ts'
import { BytesBuilder, TextBuilder } from './texts.ts'
import { columnType } from './types.ts'

/** A fresh builder for a column. Throws RefusedError for a type that cannot be moved exactly. */
export const builderFor = (column: Column): Builder => {
  const { cells } = columnType(column)
  switch (cells.kind) {
    case 'integer':
      return cells.bits === 32 ? new Int32Builder() : int64Builder()
    case 'decimal':
      return decimalBuilder(cells.precision, cells.scale)
    case 'double':
      return new DoubleBuilder()
    case 'boolean':
      return new BooleanBuilder()
    case 'date':
      return new DateBuilder()
    case 'timestamp':
      return new TimestampBuilder()
    case 'text':
      return new TextBuilder()
    case 'bytes':
    case 'geometry':
      return new BytesBuilder()
    case 'flag':
    case 'bits':
      return new BooleanBuilder()
  }
}

export type { Builder } from './builder.ts'
