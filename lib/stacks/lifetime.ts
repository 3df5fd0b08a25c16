/** What outlives its stack. */
import { RemovalPolicy } from 'aws-cdk-lib'
import type { EnvironmentName } from './deployment.ts'

/** Production's data, secrets and logs stay when a stack is deleted; other environments leave nothing behind. */
export const removalPolicy = (env: EnvironmentName): RemovalPolicy =>
  env === 'prod' ? RemovalPolicy.RETAIN : RemovalPolicy.DESTROY
