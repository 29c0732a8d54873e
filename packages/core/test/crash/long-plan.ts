/** What is written to the collections with long rows: writes and checkpoints that follow a seed. */

import { afterWriteTo, LONG_ID_KINDS, type LongRows, type LongState } from './long-model.js'
import { LONG_KEY_COUNT, type LongIdKind, type LongWrite } from './long-rows.mjs'
import type { SeededRandom } from './plan.js'

/** A call of `Database.checkpoint`. */
export interface PlannedCheckpoint {
  readonly number: number
  readonly kind: 'checkpoint'
}

/** Steps of one round. */
const STEP_COUNT = 26

/** One thing to do, once fewer than `inFlightMax` others are under way. */
export type LongStep = (LongWrite | PlannedCheckpoint) & { readonly inFlightMax: number }

/** Plans steps on the assumption that all of them are applied, one after the other. */
export function planLongSteps(
  random: SeededRandom,
  state: LongState,
  firstNumber: number,
): readonly LongStep[] {
  const steps: LongStep[] = []
  let planned = state
  for (let i = 0; i < STEP_COUNT; i++) {
    const inFlightMax = random.pick([1, 1, 2, 5])
    const number = firstNumber + i
    if (random.below(6) === 0) {
      steps.push({ number, kind: 'checkpoint', inFlightMax })
      continue
    }
    const idKind = random.pick(LONG_ID_KINDS)
    const write = planWrite(random, planned[idKind], { idKind, number })
    planned = afterWriteTo(planned, write)
    steps.push({ ...write, inFlightMax })
  }
  return steps
}

function planWrite(
  random: SeededRandom,
  before: LongRows,
  about: { readonly idKind: LongIdKind; readonly number: number },
): LongWrite {
  const durability = random.pick(['disk', 'disk', 'disk', 'os', 'memory'] as const)
  const rolled = random.below(10)
  const count = countOf(random)
  if (rolled < 3) {
    const keys = freshKeys(before, about.idKind, count)
    if (keys.length > 0) return { ...about, kind: 'add', durability, keys }
  }
  const keys = knownKeys(random, before, about.idKind, count)
  if (keys.length === 0) {
    return { ...about, kind: 'add', durability, keys: freshKeys(before, about.idKind, count) }
  }
  return { ...about, kind: rolled < 7 ? 'upsert' : 'delete', durability, keys }
}

/** Few rows travel in the log, more go through segments and fill several. */
function countOf(random: SeededRandom): number {
  const many = 40 + random.below(LONG_KEY_COUNT - 40)
  return random.pick([1 + random.below(7), 20 + random.below(20), many, many])
}

function freshKeys({ rows, nextId }: LongRows, idKind: LongIdKind, count: number): number[] {
  if (idKind === 'assigned') return Array.from({ length: count }, (_, i) => nextId + i)
  return Array.from({ length: LONG_KEY_COUNT }, (_, key) => key)
    .filter((key) => !rows.has(key))
    .slice(0, count)
}

/** A run of keys, of which some may have no row. */
function knownKeys(
  random: SeededRandom,
  { nextId }: LongRows,
  idKind: LongIdKind,
  count: number,
): number[] {
  if (idKind !== 'assigned') {
    const first = random.below(LONG_KEY_COUNT)
    return Array.from({ length: count }, (_, i) => (first + i) % LONG_KEY_COUNT)
  }
  const first = Math.max(1, nextId - 1 - random.below(LONG_KEY_COUNT))
  const keys = Array.from({ length: count }, (_, i) => first + i)
  return keys.filter((key) => key < nextId)
}
