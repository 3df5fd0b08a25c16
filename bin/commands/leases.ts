/** leases: who may publish to which target, and how to take that away from a run that is gone. */
import type { Command } from 'commander'
import { RefusedError } from '../../lib/errors.ts'
import { breakLease, listLeases } from '../../lib/lease.ts'
import { readDeployment } from '../deployment.ts'
import { loadEnvironment } from '../environment.ts'
import { answer, table } from '../terminal.ts'

/** Adds the commands. */
export const addLeases = (program: Command): void => {
  const leases = program.command('leases').description('who may publish to which target')
  leases
    .command('show', { isDefault: true })
    .description('every lease')
    .action(async () => {
      loadEnvironment()
      await readDeployment()
      const found = await listLeases()
      answer(
        found,
        table(
          ['target', 'held by', '>epoch', 'until'],
          found.map((lease) => [
            lease.target,
            lease.holder ?? '(free)',
            String(lease.epoch),
            lease.holder ? lease.expiresAt : '',
          ]),
        ),
      )
    })
  leases
    .command('break')
    .argument('<target>', 'as shown: DATABASE.SCHEMA.TABLE')
    .description('take a lease away from a run that is gone; what that run still does is refused')
    .action(async (target: string) => {
      loadEnvironment()
      await readDeployment()
      const known = (await listLeases()).map((lease) => lease.target)
      if (!known.includes(target))
        throw new RefusedError(`There is no lease "${target}". See them: npm run -s firn -- leases`)
      const lease = await breakLease(target)
      answer(lease, `the lease of ${target} is free`)
    })
}
