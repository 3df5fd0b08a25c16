/** The AWS twin: ministack, mended by local/aws/twin.py. Everything in it is lost when it stops. */

import { join } from 'node:path'
import { answersHttp, serverEnvironment, type Twin, type TwinPlace } from './twin.ts'

/** The twin on its port, to be started or asked. */
export function awsTwin({ home, root, tools, ports }: TwinPlace): Twin {
  const endpoint = `http://127.0.0.1:${ports.aws}`
  return {
    name: 'aws',
    port: ports.aws,
    title: `AWS on ${endpoint}`,
    command: [
      tools.python,
      join(root, 'local', 'aws', 'twin.py'),
      '--port',
      String(ports.aws),
      '--data',
      join(home, 'aws'),
    ],
    environment: serverEnvironment(tools),
    makeReady: () => {},
    answers: () => awsAnswers(ports.aws),
    patienceSeconds: 60,
  }
}

/** Whether the twin answers on the port. */
export function awsAnswers(port: number): Promise<boolean> {
  return answersHttp(`http://127.0.0.1:${port}/_ministack/health`)
}
