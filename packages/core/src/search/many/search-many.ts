/**
 * Answers many queries: on the event loop at first, and by threads once that has taken a
 * millisecond. So a few quick queries never wait for a thread, and nobody waits for one to start.
 */

import { type Answering, answerQueries, type Queries } from './answer-queries.js'
import type { QueryTurns } from './query-turns.js'
import type { SearchMemory } from './search-memory.js'
import type { SearchPool } from './search-pool.js'

/** Queries that a thread takes at a time, at most, and hits that they have, about. */
const RUN_QUERIES_MAX = 32
const RUN_HITS_MAX = 1024
/** Runs that there should be at least, so that all threads end at about the same time. */
const RUNS_MIN = 32

/**
 * Who answers, beside threads.
 *
 * @internal
 */
export interface ManySearch extends Pick<Answering, 'kernels' | 'view' | 'checkpoint' | 'onFound'> {
  readonly pool: SearchPool
  /** All queries of the call. */
  readonly turns: QueryTurns
  /** Where the view lies; asked for when threads are to see it. */
  readonly memory: () => SearchMemory
}

/**
 * Answers all queries. Once it settles, no thread touches any memory of the view.
 *
 * @throws whatever `checkpoint` throws; `SLUICE_INTERNAL` when a thread crashed
 * @internal
 */
export async function searchMany(queries: Queries, search: ManySearch): Promise<void> {
  const { pool, turns, memory, checkpoint, onFound, ...here } = search
  const { state } = turns
  const runLength = runLengthOf(queries)
  const runThreads = async (): Promise<{ readonly error: unknown } | undefined> => {
    try {
      await pool.run({ memory: memory(), queries, turns: state, runLength }, onFound)
      return undefined
    } catch (error) {
      return { error }
    }
  }
  let threads: ReturnType<typeof runThreads> | undefined
  try {
    await answerQueries(queries, {
      ...here,
      turns,
      onFound,
      isEnough: () => turns.hasHelpers,
      checkpoint: () => {
        checkpoint()
        threads ??= runThreads()
      },
    })
  } catch (error) {
    turns.stop()
    if (turns.close()) await threads
    throw error
  }
  // While threads answer, others may join. One that comes once all is done finds it closed, and
  // nobody waits for it.
  const failure = turns.hasHelpers || turns.close() ? await threads : undefined
  if (failure !== undefined) throw failure.error
}

function runLengthOf({ count, k }: Queries): number {
  const fair = Math.ceil(count / RUNS_MIN)
  return Math.max(1, Math.min(RUN_QUERIES_MAX, fair, Math.floor(RUN_HITS_MAX / k)))
}
