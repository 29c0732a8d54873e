/** For each recall, the cheapest setting of a peer that reaches it. */

import { setImmediate } from 'node:timers/promises'
import type { PeerIndex, PeerSetting } from '../peer/peer-index.js'
import type { Workload } from '../vectors/workload.js'
import { peerContender } from './contenders.js'
import { askAll, mean, type Questions, type Tally } from './recall-rounds.js'

/** Steps of about the root of 2: a step more costs a fifth to a third of the queries a second. */
const WIDTHS: readonly number[] = [
  10, 12, 16, 24, 32, 48, 64, 96, 128, 192, 256, 384, 512, 768, 1024, 1536, 2048, 3072, 4096,
]

/** Of the mean of many recalls. */
const ROUNDING = 1e-9

/**
 * Tries wider and wider searches until all recalls were reached, or none is left.
 *
 * @param peer - built
 * @param workload - its rows and queries
 * @param questions - all queries and their truth
 * @param targets - recalls
 * @returns settings by recall; recalls that none reached are left out
 * @internal
 */
export async function findSettings(
  peer: PeerIndex,
  workload: Workload,
  questions: Questions,
  targets: readonly number[],
): Promise<Map<number, PeerSetting>> {
  const found = new Map<number, PeerSetting>()
  for (const width of WIDTHS) {
    if (found.size === targets.length) break
    if (width < questions.truth.k) continue
    const setting = peer.at(width)
    const tally: Tally = { seconds: [], recalls: [] }
    const contender = peerContender('', setting, workload)
    await askAll(contender, [0, questions.queryCount], questions.truth, tally)
    const recall = mean(tally.recalls)
    for (const target of targets) {
      if (recall + ROUNDING >= target && !found.has(target)) found.set(target, setting)
    }
    await setImmediate()
  }
  return found
}
