/** Runs a bounded number of asynchronous tasks beside each other. */

/**
 * What to run.
 *
 * @internal
 */
export interface AtOnceOptions {
  /** Tasks altogether. */
  readonly count: number
  /** Tasks under way at a time. */
  readonly atOnce: number
}

/**
 * Runs `task` for 0, 1 and so on, in this order. Nothing is under way any more when it settles, and
 * after a failure nothing is begun.
 *
 * @throws what the task of the lowest number threw, of those that failed: the same in every run
 * @internal
 */
export async function runAtOnce(
  options: AtOnceOptions,
  task: (index: number) => Promise<void>,
): Promise<void> {
  let next = 0
  const failures = new Map<number, unknown>()
  const work = async (): Promise<void> => {
    while (next < options.count && failures.size === 0) {
      const index = next
      next += 1
      try {
        await task(index)
      } catch (error) {
        failures.set(index, error)
      }
    }
  }
  await Promise.all(Array.from({ length: options.atOnce }, work))
  if (failures.size > 0) throw failures.get(Math.min(...failures.keys()))
}
