/** The warehouse as commands use it: opened from the settings, closed whatever happens. */
import { snowflakeSettings } from '../lib/settings.ts'
import { connectSnowflake, type Warehouse } from '../lib/warehouses/snowflake/connect.ts'

/** Runs something with a session of its own. */
export const withWarehouse = async <T>(work: (warehouse: Warehouse) => Promise<T>): Promise<T> => {
  const warehouse = await connectSnowflake(await snowflakeSettings())
  try {
    return await work(warehouse)
  } finally {
    await warehouse.close()
  }
}
