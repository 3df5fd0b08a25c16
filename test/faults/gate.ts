/** What stands at every boundary: told of each request before it goes on and after it was answered, it says what becomes of it. */
import type { Asked } from './boundary.ts'

/** An answer given in the server's place. For MySQL `status` is the error's number. */
export type Reply = { status: number; body: string; contentType?: string }

/**
 * `pass`: goes on. `cut`: the connection is reset. `half`: half of the answer passes, then it is reset. `hang`: nothing is
 * ever said. `first`: so many of the request's statements are sent on; what is said instead of their answer is told by `after`.
 */
export type Step = 'pass' | 'cut' | 'half' | 'hang' | Reply | { first: number }

export type Gate = {
  before(asked: Asked): Promise<Step>
  after(asked: Asked): Promise<Step>
}
