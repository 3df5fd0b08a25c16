/** The warehouse as commands use it: opened from the settings, closed whatever happens. */
import { type SnowflakeSettings, snowflakeSettings } from '../lib/settings.ts'
import { connectSnowflake, type Warehouse } from '../lib/warehouses/snowflake/connect.ts'

/** Runs something with a session of its own, as the settings say or as told. Its statements are tagged with the command's name. */
export const withWarehouse = async <T>(
  work: (warehouse: Warehouse) => Promise<T>,
  settings?: SnowflakeSettings,
): Promise<T> => {
  const names = { command: process.argv[2] ?? '' }
  const warehouse = await connectSnowflake(settings ?? (await snowflakeSettings()), { names })
  try {
    return await work(warehouse)
  } finally {
    await warehouse.close()
  }
}
