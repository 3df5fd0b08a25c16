/** What an operator may do to deployed functions and machines, spoken to the AWS twin as the SDK would. */

const SIGNED = (service: string) =>
  `AWS4-HMAC-SHA256 Credential=test/20260101/us-east-1/${service}/aws4_request, SignedHeaders=host, Signature=none`

type Configuration = { Timeout: number; Environment: { Variables: Record<string, string> } }

const answered = async <T>(asking: Promise<Response>): Promise<T> => {
  const answer = await asking
  const text = await answer.text()
  if (!answer.ok) throw new Error(`${answer.url} answers ${answer.status}: ${text}`)
  return (text ? JSON.parse(text) : null) as T
}

/** Functions by their whole names, at the twin's own address. */
export const awsAt = (endpoint: string) => {
  const rest = <T>(method: string, path: string, body?: unknown) =>
    answered<T>(
      fetch(endpoint + path, {
        method,
        headers: { authorization: SIGNED('lambda'), 'content-type': 'application/json' },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      }),
    )
  const json = <T>(service: string, target: string, body: unknown) =>
    answered<T>(
      fetch(`${endpoint}/`, {
        method: 'POST',
        headers: {
          authorization: SIGNED(service),
          'content-type': 'application/x-amz-json-1.0',
          'x-amz-target': target,
        },
        body: JSON.stringify(body),
      }),
    )
  const configuration = (name: string) => rest<Configuration>('GET', `/2015-03-31/functions/${name}/configuration`)
  return {
    /** Calls a function and waits for its answer, whatever it is: an error of the function's is an answer too. */
    invoke: (name: string, payload: unknown) =>
      rest<unknown>('POST', `/2015-03-31/functions/${name}/invocations`, payload),
    configuration,
    /** Changes a function's time or its variables; its workers start anew. */
    configure: (name: string, change: Partial<Configuration>) =>
      rest<Configuration>('PUT', `/2015-03-31/functions/${name}/configuration`, change),
    concurrency: async (name: string) =>
      (await rest<{ ReservedConcurrentExecutions?: number }>('GET', `/2019-09-30/functions/${name}/concurrency`))
        .ReservedConcurrentExecutions ?? null,
    /** How many of it may run at once; null for no limit, 0 turns every call away. */
    limit: (name: string, most: number | null) =>
      most === null
        ? rest('DELETE', `/2017-10-31/functions/${name}/concurrency`)
        : rest('PUT', `/2017-10-31/functions/${name}/concurrency`, { ReservedConcurrentExecutions: most }),
    /** How many invocations of a function have ended since a moment. */
    endings: async (name: string, since: number) => {
      const asked = { logGroupName: `/aws/lambda/${name}`, filterPattern: '"END RequestId"', startTime: since }
      try {
        return (await json<{ events: unknown[] }>('logs', 'Logs_20140328.FilterLogEvents', asked)).events.length
      } catch (error) {
        if (/ResourceNotFound/.test(String(error))) return 0
        throw error
      }
    },
    /** Whether the history of an execution, or of one of its Distributed Map's, speaks of something. */
    isTold: async (executionArn: string, of: string): Promise<boolean> => {
      const sfn = <T>(action: string, asked: object) => json<T>('states', `AWSStepFunctions.${action}`, asked)
      const { mapRuns } = await sfn<{ mapRuns: { mapRunArn: string }[] }>('ListMapRuns', { executionArn })
      const children = await Promise.all(
        mapRuns.map(({ mapRunArn }) =>
          sfn<{ executions: { executionArn: string }[] }>('ListExecutions', { mapRunArn }),
        ),
      )
      const arns = [executionArn, ...children.flatMap(({ executions }) => executions.map((each) => each.executionArn))]
      const told = await Promise.all(
        arns.map((each) => sfn<object>('GetExecutionHistory', { executionArn: each, maxResults: 1000 })),
      )
      return JSON.stringify(told).includes(of)
    },
    definition: async (stateMachineArn: string) =>
      (await json<{ definition: string }>('states', 'AWSStepFunctions.DescribeStateMachine', { stateMachineArn }))
        .definition,
    redefine: (stateMachineArn: string, definition: string) =>
      json('states', 'AWSStepFunctions.UpdateStateMachine', { stateMachineArn, definition }),
  }
}
