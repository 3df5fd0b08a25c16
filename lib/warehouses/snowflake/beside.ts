/** The table that is made beside a target, to take its place. */
import type { TablePlan, Target } from '../../model.ts'
import { AUDIT_COLUMNS, addColumnSql, DELETED_AT, dropColumnSql, widenColumnSql } from './ddl.ts'
import { evolutionOf } from './evolve.ts'
import { quoteTarget } from './quote.ts'

/**
 * An empty copy of the target, with its grants, comments, policies and clustering ("Cloning considerations"), and then with
 * the columns that are wanted: those that do not fit, or are wider, are made anew, those that nothing is sent to go. What the target has
 * become since it was looked at makes no difference. Ours come first, since a table must have a column at any time.
 */
export const besideSql = (
  { target, columns, found }: Pick<TablePlan, 'target' | 'columns' | 'found'>,
  beside: Target,
) => {
  const { added, widened, narrowed, misfits, kept } = evolutionOf(target, columns, found.columns ?? [])
  // the length of text cannot be made less in place
  const anew = [...misfits, ...narrowed]
  return [
    `CREATE TABLE ${quoteTarget(beside)} CLONE ${quoteTarget(target)} COPY GRANTS`,
    `TRUNCATE TABLE ${quoteTarget(beside)}`,
    ...[...AUDIT_COLUMNS, DELETED_AT].map((column) => addColumnSql(beside, column)),
    ...[...anew.map(({ there }) => there), ...kept].map(({ name }) => dropColumnSql(beside, name)),
    ...[...anew.map(({ needed }) => needed), ...added].map((column) => addColumnSql(beside, column)),
    ...widened.map(({ needed }) => widenColumnSql(beside, needed)),
  ]
}
