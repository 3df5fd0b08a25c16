/** The CDK app: `npx cdk synth`, `npx cdk deploy -c env=staging`. What it may be told: lib/stacks/deployment.ts. */
import { App, Validations } from 'aws-cdk-lib'
import { AwsSolutionsChecks } from 'cdk-nag'
import { RefusedError } from '../lib/errors.ts'
import { readMetadata } from '../lib/metadata.ts'
import { readDeployment } from '../lib/stacks/deployment.ts'
import { PipelineStack } from '../lib/stacks/pipeline-stack.ts'
import { goesToTwin } from '../lib/stacks/twin.ts'

try {
  const app = new App({ builtinCloudFormationValidation: !goesToTwin(process.env) })
  const deployment = readDeployment((name) => app.node.tryGetContext(name), process.env)
  new PipelineStack(app, { deployment, metadata: readMetadata(deployment.metadataFolder) })
  Validations.of(app).addPlugins(new AwsSolutionsChecks(app))
} catch (error) {
  if (!(error instanceof RefusedError)) throw error
  console.error(error.message)
  process.exitCode = 2
}
