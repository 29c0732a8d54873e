/** The graph indexes that are measured beside: chosen, loaded, built. */

import { performance } from 'node:perf_hooks'
import { decodeFloat16 } from '@sluice/core'
import type { Figures } from '../figures.js'
import type { OptionValues } from '../options.js'
import { HnswlibIndex, loadHnswlib } from '../peer/hnswlib.js'
import type { PeerIndex, PeerVectors } from '../peer/peer-index.js'
import { loadUsearch } from '../peer/usearch.js'
import { UsearchIndex } from '../peer/usearch-index.js'
import { UsageError } from '../usage-error.js'
import { typedView } from '../vectors/typed-view.js'
import type { Workload } from '../vectors/workload.js'

const PROGRESS_EVERY_MS = 5000

/**
 * The most rows that peers are built over: more take them hours.
 *
 * @internal
 */
export const PEER_ROWS_MAX = 200_000

/**
 * The dtypes of rows that they take here.
 *
 * @internal
 */
export const PEER_DTYPES = ['float32', 'float16'] as const

/**
 * All peers.
 *
 * @internal
 */
export const PEER_NAMES = ['usearch', 'hnswlib'] as const

/**
 * The name of a peer.
 *
 * @internal
 */
export type PeerName = (typeof PEER_NAMES)[number]

/**
 * A peer that was built, or why there is none.
 *
 * @internal
 */
export interface BuiltPeer {
  readonly name: PeerName
  readonly index: PeerIndex | undefined
  /** For the report. */
  readonly note: string
}

/**
 * Reads option `peers`: names with commas between them, or `none`.
 *
 * @throws UsageError for another name
 * @internal
 */
export function peersOption(values: OptionValues): PeerName[] {
  const text = values.text('peers') ?? ''
  if (text === 'none') return []
  return text.split(',').map((name) => {
    const found = PEER_NAMES.find((known) => known === name)
    if (found !== undefined) return found
    throw new UsageError(`--peers takes some of ${PEER_NAMES.join(', ')}, or none; got '${name}'`)
  })
}

/**
 * Which peers do not load here.
 *
 * @returns why not, by name
 * @internal
 */
export async function missingPeers(
  names: readonly PeerName[],
): Promise<ReadonlyMap<PeerName, string>> {
  const missing = new Map<PeerName, string>()
  for (const name of names) {
    const loaded = name === 'usearch' ? await loadUsearch() : await loadHnswlib()
    if (typeof loaded === 'string') missing.set(name, loaded)
  }
  return missing
}

/**
 * How peers are to be built.
 *
 * @internal
 */
export interface PeerPlan {
  readonly workload: Workload
  readonly k: number
  /** Takes files of theirs. */
  readonly directory: string
  /** Takes rows a second of their builds. */
  readonly figures: Figures
  readonly say: (line: string) => void
}

/**
 * Builds a peer over all rows of a workload.
 *
 * @internal
 */
export async function buildPeer(name: PeerName, plan: PeerPlan): Promise<BuiltPeer> {
  const { workload, figures, say } = plan
  const { rowCount } = workload.shape
  const index = await loadPeer(name, plan)
  if (typeof index === 'string') return { name, index: undefined, note: `no ${name}: ${index}` }
  say(`building ${name}`)
  const startMs = performance.now()
  let saidMs = startMs
  await index.build((rows) => {
    if (performance.now() - saidMs < PROGRESS_EVERY_MS) return
    saidMs = performance.now()
    say(`  ${rows} of ${rowCount} rows`)
  })
  const seconds = (performance.now() - startMs) / 1000
  figures.add(`peer.${name}.${rowCount}.buildRowsPerSecond`, 'rows/s', rowCount / seconds)
  return { name, index, note: `${name}: ${index.parameters}; one thread` }
}

async function loadPeer(
  name: PeerName,
  { workload, k, directory }: PeerPlan,
): Promise<PeerIndex | string> {
  const { rowCount, dtype } = workload.shape
  if (rowCount > PEER_ROWS_MAX) return `it is built over ${PEER_ROWS_MAX} rows at most`
  const vectors = peerVectors(workload, k)
  if (vectors === undefined) return `it takes no ${dtype} here`
  if (name === 'usearch') {
    const usearch = await loadUsearch()
    return typeof usearch === 'string' ? usearch : new UsearchIndex(usearch, vectors, directory)
  }
  const hnswlib = await loadHnswlib()
  return typeof hnswlib === 'string' ? hnswlib : new HnswlibIndex(hnswlib, vectors)
}

function peerVectors({ shape, ring, queries }: Workload, k: number): PeerVectors | undefined {
  const { dtype, dimension } = shape
  if (!PEER_DTYPES.some((taken) => taken === dtype)) return undefined
  const float32 = (bytes: Uint8Array): Float32Array => {
    const numbers = typedView(dtype, bytes)
    if (dtype === 'float32') return numbers as Float32Array
    return decodeFloat16(numbers as Uint16Array)
  }
  return { rows: float32(ring), queries: float32(queries), dimension, k }
}
