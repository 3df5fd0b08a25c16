import assert from 'node:assert/strict'
import { test } from 'node:test'
import { aws } from './dialects.ts'

const asked = (method: string, url: string, headers: Record<string, string> = {}) =>
  aws.asked({ method, url, headers, body: Buffer.alloc(0) }, { pid: 1, stage: 'load' })

test('S3 is called by method and key, others by what they are asked for; who a worker is, is no boundary', () => {
  assert.equal(asked('PUT', '/bucket/runs/shop/20260101T000000-1f9c/plan.json')?.what, 'PUT plan.json')
  const secrets = { 'x-amz-target': 'secretsmanager.GetSecretValue', authorization: '…/secretsmanager/aws4_request, …' }
  assert.equal(asked('POST', '/', secrets)?.what, 'GetSecretValue')
  assert.equal(
    asked('POST', '/', { authorization: 'AWS4-HMAC-SHA256 Credential=0/20260101/us-east-1/sts/aws4_request' }),
    null,
  )
})
