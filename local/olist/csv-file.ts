/** The Kaggle files as they come: UTF-8, a byte order mark in one of them, line breaks within quotes. */
import { createReadStream, existsSync } from 'node:fs'
import { open } from 'node:fs/promises'
import { join } from 'node:path'
import { Transform } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { CsvError, parse } from 'csv-parse'
import { parse as parseNow } from 'csv-parse/sync'
import { RefusedError } from '../../lib/errors.ts'
import { CURSOR, type OlistTable } from './tables.ts'

const DOWNLOAD = 'The nine files are those of the "Brazilian E-Commerce Public Dataset by Olist" at Kaggle'

/** How Kaggle's files are written. Rows of another length are ours to refuse by number. */
const FORMAT = { bom: true, relax_column_count: true, skip_empty_lines: true }

/** The columns a file has, in order. */
export const fileColumns = ({ columns }: OlistTable) => columns.filter(({ name }) => name !== CURSOR)

/** Bytes that are not UTF-8 would be read as question marks: an error instead. */
const strictUtf8 = () => {
  const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })
  return new Transform({
    transform(chunk: Buffer, _encoding, done) {
      try {
        done(null, decoder.decode(chunk, { stream: true }))
      } catch (error) {
        done(error as Error)
      }
    },
    flush(done) {
      try {
        done(null, decoder.decode())
      } catch (error) {
        done(error as Error)
      }
    },
  })
}

/** csv-parse's messages quote the file: only its code and line are told. */
const translated = (error: unknown, file: string): unknown => {
  if (error instanceof CsvError)
    return new RefusedError(`${file}: line ${String(error.lines)} is not CSV (${error.code}). Nothing was written`, {
      cause: error,
    })
  if (error instanceof TypeError && (error as NodeJS.ErrnoException).code === 'ERR_ENCODING_INVALID_ENCODED_DATA')
    return new RefusedError(`${file} is not UTF-8. Nothing was written; save it as UTF-8, as Kaggle's file is`, {
      cause: error,
    })
  return error
}

/** Enough for any header. */
const HEADER_BYTES = 16_384

const headerOf = async (path: string, file: string): Promise<string[]> => {
  const opened = await open(path)
  try {
    const { buffer, bytesRead } = await opened.read(Buffer.alloc(HEADER_BYTES), 0, HEADER_BYTES, 0)
    const text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(buffer.subarray(0, bytesRead), {
      stream: true,
    })
    return parseNow(text, { ...FORMAT, to: 1 })[0] ?? []
  } catch (error) {
    throw translated(error, file)
  } finally {
    await opened.close()
  }
}

const headerProblems = (table: OlistTable, header: string[]): string[] => {
  const expected = fileColumns(table).map(({ name }) => name)
  if (header.length === 0) return [`${table.file} is empty`]
  const wrong = expected.flatMap((name, i) =>
    header[i] === name
      ? []
      : [
          `${table.file}: column ${i + 1} should be "${name}" and is ${header[i] === undefined ? 'missing' : `"${header[i]}"`}`,
        ],
  )
  const more = header.slice(expected.length).map((name) => `${table.file}: column "${name}" is not one of Olist's`)
  return [...wrong, ...more]
}

/**
 * Looks at all files before anything is written. Throws RefusedError telling everything that is wrong at once: files
 * that are missing, and columns that are not what Kaggle's files have.
 */
export const checkFiles = async (folder: string, tables: OlistTable[]): Promise<void> => {
  if (!existsSync(folder)) throw new RefusedError(`There is no folder ${folder}. ${DOWNLOAD}`)
  const problems: string[] = []
  for (const table of tables) {
    const path = join(folder, table.file)
    if (!existsSync(path)) problems.push(`${table.file} is missing`)
    else problems.push(...headerProblems(table, await headerOf(path, table.file)))
  }
  if (problems.length)
    throw new RefusedError(
      `The files in ${folder} cannot be imported, and nothing was written:\n${problems.map((problem) => `  ${problem}`).join('\n')}\n${DOWNLOAD}`,
    )
}

/**
 * Calls `use` with each row after the header, and waits for it. A row's number counts the header as row 1, and no line
 * breaks within quotes. Throws RefusedError naming the file, and the line, of what is not CSV or not UTF-8.
 */
export const readRows = async (
  folder: string,
  { file }: OlistTable,
  use: (cells: string[], row: number) => Promise<void>,
): Promise<void> => {
  const records = parse({ ...FORMAT, from: 2 })
  let row = 1
  try {
    await pipeline(
      createReadStream(join(folder, file)),
      strictUtf8(),
      records,
      async (cells: AsyncIterable<string[]>) => {
        for await (const record of cells) await use(record, ++row)
      },
    )
  } catch (error) {
    throw translated(error, file)
  }
}
