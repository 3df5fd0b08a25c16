/** The driver tries a statement again for hours when its server is gone; a Lambda has minutes, and a person less. */

/** A sign of life is asked for this often while a statement runs, and this many must be missing in a row. */
export const WATCH_MS = 10_000
export const MISSED = 3

/**
 * Waits for `work`, and for signs of life beside it. Rejects with what `lost` makes when there are none; `work` itself
 * is left to its own devices then.
 */
export const whileAlive = <T>(work: Promise<T>, isAlive: () => Promise<boolean>, lost: () => Error): Promise<T> =>
  new Promise((done, failed) => {
    let missed = 0
    let timer: NodeJS.Timeout | undefined
    let over = false
    const look = async () => {
      missed = (await isAlive().catch(() => false)) ? 0 : missed + 1
      if (missed >= MISSED) failed(lost())
      else if (!over) timer = setTimeout(look, WATCH_MS)
    }
    timer = setTimeout(look, WATCH_MS)
    const end = () => {
      over = true
      clearTimeout(timer)
    }
    work.then(
      (result) => {
        end()
        done(result)
      },
      (error) => {
        end()
        failed(error)
      },
    )
  })
