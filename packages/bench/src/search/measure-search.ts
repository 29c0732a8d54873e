/**
 * The phases of the benchmark: what was just loaded is searched, lists are built, and searched with
 * queries that nothing has seen before, beside peers.
 */

import type { Collection } from '@sluice/core'
import type { Figures } from '../figures.js'
import { GroundTruth } from '../vectors/recall.js'
import type { Workload } from '../vectors/workload.js'
import { buildLists } from './build-lists.js'
import { type Contender, collectionContender, peerContender, queryVectors } from './contenders.js'
import { checkNeighbours, exactNeighbours } from './exact-neighbours.js'
import { findSettings } from './peer-settings.js'
import { buildPeer, type PeerName } from './peers.js'
import { addQuietest, qpsOf, recallRound, type Tally, warmUp } from './recall-rounds.js'
import type { Subject } from './subject.js'
import { TARGETS, type Target } from './targets.js'

/**
 * What is measured, and how.
 *
 * @internal
 */
export interface SearchPlan {
  readonly collection: Collection
  readonly subject: Subject
  readonly k: number
  readonly repeat: number
  readonly peers: readonly PeerName[]
  /** Takes files of peers. */
  readonly directory: string
  readonly figures: Figures
  readonly say: (line: string) => void
}

/**
 * Searches right after the load, at every recall. Figures end in `.tail`: most rows, or all, are
 * in no list yet.
 *
 * @internal
 */
export async function measureEarly(plan: SearchPlan): Promise<void> {
  const { collection, subject, k, repeat, figures, say } = plan
  const { early, neighbours } = subject
  if (early === undefined) return
  const { rowCount } = early.shape
  await firstQuery(plan, early)
  addMemory(plan, 'tail.')
  const truth = await truthOf(plan, early, neighbours?.early)
  const contenders = TARGETS.map(({ recall, label }) =>
    collectionContender(`search.${rowCount}.${label}.tail`, collection, early, { k, recall }),
  )
  const questions = { queryCount: queryCountOf(early), truth }
  await warmUp(contenders, questions)
  const rounds: Tally[][] = []
  for (let round = 1; round <= repeat; round++) {
    const tallies = await recallRound(contenders, questions, figures)
    rounds.push(tallies)
    say(`after the load, ${round} of ${repeat}: ${speeds(tallies)}`)
  }
  addQuietest(figures, contenders, rounds)
}

/**
 * Builds the lists.
 *
 * @internal
 */
export async function measureBuild(plan: SearchPlan): Promise<void> {
  const { collection, subject, figures, say } = plan
  const { rowCount } = subject.main.shape
  say('building lists')
  const seconds = await buildLists(collection)
  figures.add(`search.${rowCount}.build`, 's', seconds)
  figures.add(`search.${rowCount}.buildRowsPerSecond`, 'rows/s', rowCount / seconds)
  addMemory(plan, '')
}

/**
 * Searches at every recall, in turn with peers at settings that reach the same.
 *
 * @returns sentences on the peers
 * @internal
 */
export async function measureSearches(plan: SearchPlan): Promise<string[]> {
  const { collection, subject, k, repeat, figures, say } = plan
  const { main, neighbours } = subject
  const { rowCount } = main.shape
  const truth = await truthOf(plan, main, neighbours?.main)
  const notes: string[] = []
  const own = TARGETS.map(({ recall, label }) =>
    collectionContender(`search.${rowCount}.${label}`, collection, main, { k, recall }),
  )
  const rivals: Rival[] = []
  for (const name of plan.peers) {
    const found = await findRivals(plan, name, truth)
    notes.push(...found.notes)
    rivals.push(...found.rivals)
  }
  const contenders = [...own, ...rivals.map(({ contender }) => contender)]
  const questions = { queryCount: queryCountOf(main), truth }
  await warmUp(contenders, questions)
  const rounds: Tally[][] = []
  for (let round = 1; round <= repeat; round++) {
    const tallies = await recallRound(contenders, questions, figures)
    rounds.push(tallies)
    say(`${round} of ${repeat}: ${speeds(tallies)}`)
    for (const [index, { name, target }] of rivals.entries()) {
      const ours = tallies[TARGETS.indexOf(target)] as Tally
      const ratio = qpsOf(ours) / qpsOf(tallies[own.length + index] as Tally)
      figures.add(`search.${rowCount}.${target.label}.${name}Ratio`, 'ratio', ratio)
    }
  }
  addQuietest(figures, contenders, rounds)
  return notes
}

/** A peer at the setting that reaches a target. */
interface Rival {
  readonly name: PeerName
  readonly target: Target
  readonly contender: Contender
}

async function findRivals(
  plan: SearchPlan,
  name: PeerName,
  truth: GroundTruth,
): Promise<{ readonly rivals: Rival[]; readonly notes: string[] }> {
  const { subject, figures, say } = plan
  const { main } = subject
  const peer = await buildPeer(name, { ...plan, workload: main })
  if (peer.index === undefined) return { rivals: [], notes: [peer.note] }
  say(`finding the settings of ${name}`)
  const questions = { queryCount: queryCountOf(main), truth }
  const recalls = TARGETS.map(({ recall }) => recall)
  const settings = await findSettings(peer.index, main, questions, recalls)
  const notes = [peer.note]
  const rivals = TARGETS.flatMap((target) => {
    const setting = settings.get(target.recall)
    if (setting === undefined) {
      notes.push(`${name} does not reach ${target.label}, however wide the search`)
      return []
    }
    const figure = `peer.${name}.${main.shape.rowCount}.${target.label}`
    figures.add(`${figure}.ef`, 'candidates', setting.ef)
    return [{ name, target, contender: peerContender(figure, setting, main) }]
  })
  return { rivals, notes }
}

/** The first query of all, exact. */
async function firstQuery({ collection, k, figures }: SearchPlan, early: Workload): Promise<void> {
  const [vector] = queryVectors(early)
  if (vector === undefined) return
  const startMs = performance.now()
  await collection.search({ vector, k, exact: true, include: [] })
  const name = `search.${early.shape.rowCount}.exact.firstQuery`
  figures.add(name, 'ms', performance.now() - startMs)
}

async function truthOf(
  { collection, k, say }: SearchPlan,
  workload: Workload,
  known: readonly number[][] | undefined,
): Promise<GroundTruth> {
  if (known !== undefined) {
    await checkNeighbours(collection, workload, known)
    return new GroundTruth(workload, k, known)
  }
  say(`finding the neighbours of ${queryCountOf(workload)} queries by exact searches`)
  return new GroundTruth(workload, k, await exactNeighbours(collection, workload, k, say))
}

function addMemory({ collection, subject, figures }: SearchPlan, state: string): void {
  const { rowCount } = subject.main.shape
  const { memoryBytes } = collection.stats().index
  figures.add(`search.${rowCount}.${state}memoryBytesPerRow`, 'bytes', memoryBytes / rowCount)
}

function queryCountOf({ queries, stride }: Workload): number {
  return queries.byteLength / stride
}

/** Of the collection, which comes first. */
function speeds(tallies: readonly Tally[]): string {
  const parts = TARGETS.map(({ label }, index) => {
    return `${Math.round(qpsOf(tallies[index] as Tally))} at ${label}`
  })
  return `queries/s ${parts.join(', ')}`
}
