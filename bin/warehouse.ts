/** The warehouse as commands use it: opened from the settings, closed whatever happens. */
import { type SnowflakeSettings, snowflakeSettings } from '../lib/settings.ts'
import { connectSnowflake, type Warehouse } from '../lib/warehouses/snowflake/connect.ts'

/** Runs something with a session of its own, as the settings say or as told. */
export const withWarehouse = async <T>(
  work: (warehouse: Warehouse) => Promise<T>,
  settings?: SnowflakeSettings,
): Promise<T> => {
  const warehouse = await connectSnowflake(settings ?? (await snowflakeSettings()))
  try {
    return await work(warehouse)
  } finally {
    await warehouse.close()
  }
}
