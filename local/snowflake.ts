/** The Snowflake twin: local/snowflake/twin.py. Its tables are in memory; `<home>/snowflake` has its internal stages and dbt projects; staged files come from the AWS twin's S3. */

import { join } from 'node:path'
import { answersHttp, serverEnvironment, type Twin, type TwinPlace } from './twin.ts'

export const SNOWFLAKE_USER = 'firn'
export const SNOWFLAKE_PASSWORD = 'firn'

/** The twin on its port, to be started or asked. */
export function snowflakeTwin({ home, root, tools, ports }: TwinPlace): Twin {
  const accessUrl = `http://127.0.0.1:${ports.snowflake}`
  return {
    name: 'snowflake',
    port: ports.snowflake,
    title: `Snowflake on ${accessUrl}`,
    command: [
      tools.python,
      join(root, 'local', 'snowflake', 'twin.py'),
      '--port',
      String(ports.snowflake),
      '--data',
      join(home, 'snowflake'),
      '--s3-endpoint',
      `http://127.0.0.1:${ports.aws}`,
      '--dbt',
      tools.dbt,
      '--user',
      SNOWFLAKE_USER,
      '--password',
      SNOWFLAKE_PASSWORD,
    ],
    environment: serverEnvironment(tools),
    makeReady: () => {},
    answers: () => snowflakeAnswers(ports.snowflake),
    patienceSeconds: 60,
  }
}

/** Whether the twin answers on the port. */
export function snowflakeAnswers(port: number): Promise<boolean> {
  return answersHttp(`http://127.0.0.1:${port}/health`)
}
