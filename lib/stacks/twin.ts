/**
 * The one place that knows of a local stand-in of AWS (AWS_ENDPOINT_URL). It takes the very template that AWS gets; what
 * differs is listed here, so that nobody trusts it in what it cannot show.
 *
 * Left out for it:
 * - CloudFormation's rules are not checked again (4 s of a deployment's 6): `cdk synth` and every deployment to AWS do.
 * - Three tables at once instead of four: two cores are full by then.
 * - Alarms are one a metric, on AWS as well: metric math is the one thing of ours that the stand-in refuses.
 *
 * Taken by it, but without effect: roles and bucket policies (everything is allowed), encryption, TLS only, lifecycle
 * rules, log retention, X-Ray, the runtime and architecture of functions (they run on the Node of the PATH, and see the
 * stand-in's own environment), jitter and MaxDelaySeconds of retries, the time-out of an execution, alarms.
 *
 * Answered otherwise: a secret's Ref is its name instead of its ARN. Secrets Manager takes either.
 */

/** Whether a deployment goes to a stand-in. */
export const goesToTwin = (env: Record<string, string | undefined>): boolean => Boolean(env.AWS_ENDPOINT_URL)

export const TABLES_AT_ONCE = { aws: 4, twin: 3 }
