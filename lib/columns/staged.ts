/** What a staged file holds beside the source's columns. */
import type { Column, TablePlan } from '../model.ts'

/**
 * When the snapshot that a row was read in began, by the source's own clock in UTC. It travels in the file, so that by
 * every route, whichever files a load is made of, the row that was read later counts where cursors are equal.
 */
export const READ_AT: Column = { name: '_FIRN_READ_AT', type: 'datetime(6)', nullable: false }

/** The columns of a table's files and of its stage table. Only a merge has to choose between two rows of one key. */
export const stagedColumns = ({ publish, columns }: Pick<TablePlan, 'publish' | 'columns'>): Column[] =>
  publish === 'merge' ? [...columns, READ_AT] : columns
