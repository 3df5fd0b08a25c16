/** Every request of the pipeline's workers passes here: written down in a clean run, met again and broken in another. */
import { type Asked, type Boundary, nameOf, namesInKey } from './boundary.ts'
import type { Gate, Step } from './gate.ts'

/** What is done to the requests that a rule meets. */
type Act = { before?: (asked: Asked) => Promise<Step>; after?: (asked: Asked) => Promise<Step> }

type Rule = Act & {
  /** `nth`: how many of its name there were since the rules were made, this one included. */
  meets: (asked: Asked, nth: number) => boolean
  tell: (asked: Asked) => void
}

/** What happens before the first request of a kind goes on, whether a rule meets it or not. */
type First = { isIt: (asked: Asked) => boolean; happens: () => unknown }

/** What an invocation works on, as its last requests told. */
type Subject = { table?: string; chunk?: string }

export class Board implements Gate {
  private rules: Rule[] = []
  private firsts: First[] = []
  private seen = new Map<string, number>()
  private list: Boundary[] = []
  private readonly met = new WeakMap<Asked, Rule>()
  private readonly subjects = new Map<number, Subject>()

  /** Forgets rules and counts: what comes is a run's first. */
  clear(): void {
    this.rules = []
    this.firsts = []
    this.seen.clear()
    this.list = []
  }

  /** What passed since. */
  recorded(): Boundary[] {
    return [...this.list]
  }

  /** What the invocation that runs in a worker works on. */
  subjectOf(pid: number): Subject {
    return this.subjects.get(pid) ?? {}
  }

  /** Breaks a boundary when it comes, `times` of its name in a row. Resolves when it was met first. */
  arm(boundary: Boundary, act: Act, times = 1): Promise<Asked> {
    const name = nameOf(boundary)
    return this.add(act, (asked, nth) => nameOf(asked) === name && nth >= boundary.nth && nth < boundary.nth + times)
  }

  /** Breaks the first request of a name that another worker than this one makes. */
  armElsewhere(boundary: Boundary, pid: number, act: Act): Promise<Asked> {
    const name = nameOf(boundary)
    let isMet = false
    return this.add(act, (asked) => {
      if (isMet || asked.pid === pid || nameOf(asked) !== name) return false
      isMet = true
      return true
    })
  }

  /** Lets something happen, once, before the next request of a kind is looked at. */
  atFirst(isIt: First['isIt'], happens: First['happens']): void {
    this.firsts.push({ isIt, happens })
  }

  private add(act: Act, meets: Rule['meets']): Promise<Asked> {
    const { promise, resolve } = Promise.withResolvers<Asked>()
    this.rules.push({ ...act, meets, tell: resolve })
    return promise
  }

  async before(asked: Asked): Promise<Step> {
    const nth = this.note(asked)
    const first = this.firsts.find(({ isIt }) => isIt(asked))
    if (first) {
      this.firsts = this.firsts.filter((each) => each !== first)
      await first.happens()
    }
    const rule = this.rules.find((each) => each.meets(asked, nth))
    if (!rule) return 'pass'
    this.met.set(asked, rule)
    rule.tell(asked)
    return rule.before?.(asked) ?? 'pass'
  }

  async after(asked: Asked): Promise<Step> {
    return this.met.get(asked)?.after?.(asked) ?? 'pass'
  }

  private note(asked: Asked): number {
    const name = nameOf(asked)
    const nth = (this.seen.get(name) ?? 0) + 1
    this.seen.set(name, nth)
    const { service, stage, what, writes, statements } = asked
    this.list.push({ service, stage, what, writes, statements, nth, run: 'warm', isState: false })
    const spoken = asked.key === undefined ? {} : namesInKey(asked.key)
    if (spoken.table) this.subjects.set(asked.pid, spoken)
    return nth
  }
}
