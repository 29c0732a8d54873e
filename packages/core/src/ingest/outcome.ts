/** The outcome of a task, kept until somebody can take it. */

/**
 * Runs a task now; what it returned or threw comes when it is asked for.
 *
 * @internal
 */
export function outcomeOf<T>(task: () => T): () => T {
  try {
    const value = task()
    return () => value
  } catch (error) {
    return () => {
      throw error
    }
  }
}
