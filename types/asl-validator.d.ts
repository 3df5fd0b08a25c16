/** asl-validator ships no types. It writes into the definition it is given. */
declare module 'asl-validator' {
  type Finding = { 'Error code': string; Message: string }
  type Verdict = { isValid: boolean; errors: Finding[]; errorsText: (separator?: string) => string }
  export default function validate(definition: object, options?: { checkPaths: boolean; checkArn: boolean }): Verdict
}
