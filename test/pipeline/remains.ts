/** Everything that runs leave behind, but for the data files themselves: place → text. */
import { GetObjectCommand, ListObjectsV2Command, S3Client } from '@aws-sdk/client-s3'
import { GetExecutionHistoryCommand, ListExecutionsCommand, ListMapRunsCommand, SFNClient } from '@aws-sdk/client-sfn'
import { stackForTests } from '../stack.ts'

/** Objects of a bucket as text. Parquet is data: rows, and rows in quarantine. */
export const objectsIn = async (bucket: string): Promise<[place: string, text: string][]> => {
  const s3 = new S3Client({ forcePathStyle: true })
  const found: [string, string][] = []
  for (let token: string | undefined; ; ) {
    const page = await s3.send(new ListObjectsV2Command({ Bucket: bucket, ContinuationToken: token }))
    for (const { Key = '' } of page.Contents ?? []) {
      if (Key.endsWith('.parquet')) continue
      const { Body } = await s3.send(new GetObjectCommand({ Bucket: bucket, Key }))
      found.push([`s3://${bucket}/${Key}`, await Body!.transformToString()])
    }
    token = page.NextContinuationToken
    if (!token) return found
  }
}

/** One request to CloudWatch Logs, for which the project has no package. */
const logs = async <T>(action: string, body: object): Promise<T> => {
  const { endpoint } = stackForTests().aws
  const answer = await fetch(endpoint, {
    method: 'POST',
    headers: {
      'content-type': 'application/x-amz-json-1.1',
      'x-amz-target': `Logs_20140328.${action}`,
      authorization:
        'AWS4-HMAC-SHA256 Credential=test/20260101/us-east-1/logs/aws4_request, SignedHeaders=host, Signature=x',
    },
    body: JSON.stringify(body),
  })
  if (!answer.ok) throw new Error(`${action}: HTTP ${answer.status}: ${await answer.text()}`)
  return (await answer.json()) as T
}

/** What the functions wrote to CloudWatch, a text for each of their log groups. */
export const logGroups = async (): Promise<[place: string, text: string][]> => {
  const { logGroups: groups } = await logs<{ logGroups: { logGroupName: string }[] }>('DescribeLogGroups', {})
  const ours = groups.filter(({ logGroupName }) => logGroupName.includes('firn'))
  return Promise.all(
    ours.map(async ({ logGroupName }): Promise<[string, string]> => {
      const { events } = await logs<{ events: { message: string }[] }>('FilterLogEvents', {
        logGroupName,
        limit: 10_000,
      })
      return [`log ${logGroupName}`, events.map(({ message }) => message).join('\n')]
    }),
  )
}

const sfn = () => new SFNClient({})

const historyOf = async (arn: string): Promise<[string, string]> => {
  const { events } = await sfn().send(
    new GetExecutionHistoryCommand({ executionArn: arn, maxResults: 1000, includeExecutionData: true }),
  )
  return [`history ${arn}`, JSON.stringify(events)]
}

/** Histories of every execution of a state machine, and of the children of its Distributed Map. */
export const histories = async (stateMachineArn: string): Promise<[place: string, text: string][]> => {
  const { executions = [] } = await sfn().send(new ListExecutionsCommand({ stateMachineArn }))
  const arns = executions.map(({ executionArn }) => executionArn!)
  for (const executionArn of [...arns]) {
    const { mapRuns = [] } = await sfn().send(new ListMapRunsCommand({ executionArn }))
    for (const { mapRunArn } of mapRuns) {
      const children = await sfn().send(new ListExecutionsCommand({ mapRunArn: mapRunArn! }))
      arns.push(...(children.executions ?? []).map((child) => child.executionArn!))
    }
  }
  return Promise.all(arns.map(historyOf))
}
