/** init: metadata for a live database, proposed from its catalogue, every proposal with its reason. */
import { join } from 'node:path'
import type { Command } from 'commander'
import { RefusedError } from '../../lib/errors.ts'
import { readMetadata } from '../../lib/metadata.ts'
import { type DescribedTable, metadataFiles, writeMetadata } from '../../lib/metadata-files.ts'
import { checkTable } from '../../lib/plan/check-table.ts'
import { type Proposal, propose } from '../../lib/plan/propose/tables.ts'
import { metadataFolder, mysqlSettings } from '../../lib/settings.ts'
import { withMysql } from '../../lib/sources/mysql/connect.ts'
import { type Survey, surveyTables } from '../../lib/sources/mysql/survey.ts'
import { loadEnvironment, ROOT } from '../environment.ts'
import { proposalsText } from '../init-text.ts'
import { answer } from '../terminal.ts'
import { namesOption } from './run.ts'

type InitOptions = { tables?: string[]; metadata?: string; force?: boolean }

const EVERYTHING = ['%']

const surveyed = async (patterns: string[]): Promise<Survey> => {
  const settings = await mysqlSettings()
  const survey = await withMysql(settings, (connection) => surveyTables(connection, patterns))
  if (survey.tables.length === 0)
    throw new RefusedError(
      `${settings.database} at ${settings.host}:${settings.port} has no table like ${patterns.map((each) => `"${each}"`).join(', ')} that user ${settings.user} may read. A view is found by its exact name: --tables VIEW`,
    )
  return survey
}

/** What was proposed must be what plan takes: held against the live tables before anything is put in place. */
const checked = (survey: Survey) => (folder: string) => {
  const metadata = readMetadata(folder)
  const live = new Map(survey.tables.map(({ source }) => [source.table, source]))
  const problems = metadata.tables.flatMap(
    (meta) => checkTable(meta, live.get(meta.table), metadata.schemas[meta.table]).problems,
  )
  if (problems.length) throw new Error(`What was proposed would be refused:\n${problems.join('\n')}`)
}

const described = (proposals: Proposal[]): DescribedTable[] =>
  proposals.flatMap(({ table, entry, schema }) => (entry ? [{ table, entry, schema }] : []))

/** Adds the command. */
export const addInit = (program: Command): void => {
  program
    .command('init')
    .description('write metadata for the MySQL database of the settings, each proposal with its reason')
    .option('--tables <like,…>', "only tables like this (LIKE's % and _); a view by its exact name", namesOption)
    .option('--metadata <dir>', 'the folder to write; FIRN_METADATA, or metadata/, when left out')
    .option('--force', 'overwrite what is in the folder')
    .action(async ({ tables, metadata, force }: InitOptions) => {
      loadEnvironment()
      const folder = metadata ?? metadataFolder() ?? join(ROOT, 'metadata')
      const survey = await surveyed(tables ?? EVERYTHING)
      const proposals = propose(survey)
      const tablesToMove = described(proposals)
      if (tablesToMove.length === 0)
        throw new RefusedError(
          `Nothing was written: no table of ${survey.database} can move:\n${proposals.map(({ table, reason }) => `${table}: ${reason}`).join('\n')}`,
        )
      const files = metadataFiles(survey.database, tablesToMove)
      const replaced = writeMetadata(folder, files, { force: force === true, check: checked(survey) })
      const document = { folder, database: survey.database, files: Object.keys(files), replaced, tables: proposals }
      answer(document, proposalsText(document))
    })
}
