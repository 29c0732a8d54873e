/**
 * The program of the thread that clusters: one run, and it ends. It is loaded by its path, with
 * kernels of its own, and shares the memory of rows and lists with the thread that started it.
 */

import { setPriority } from 'node:os'
import { type MessagePort, parentPort, workerData } from 'node:worker_threads'
import { nowMs } from '../../clock.js'
import { selectKernels } from '../../kernels/select.js'
import type { RowLists } from '../row-lists.js'
import { buildLists } from './build-lists.js'
import type { ClusterHost, ClusterProgress } from './cluster-input.js'
import { GatePass, IngestGate } from './ingest-gate.js'
import type { ListOrigins, ThreadMemory, ThreadMessage, ThreadTask } from './thread-messages.js'

const PROGRESS_INTERVAL_MS = 20
/** Of the niceness that Linux gives each thread: below those that ingest and search. */
const NICENESS = 10

/** Tells the starting thread what happens, and asks it for memory. */
class ThreadHost implements ClusterHost {
  readonly #port: MessagePort
  readonly #allocations: Uint8Array[] = []
  readonly #pass: GatePass
  readonly #never = new Int32Array(new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT))
  #saidMs = Number.NEGATIVE_INFINITY

  constructor(port: MessagePort, gate: SharedArrayBuffer) {
    this.#port = port
    this.#pass = new GatePass(new IngestGate(gate))
  }

  say(message: ThreadMessage): void {
    this.#port.postMessage(message)
  }

  async allocate(byteLength: number): Promise<Uint8Array> {
    const answer = new Promise<ThreadMemory>((resolve) => this.#port.once('message', resolve))
    this.say({ kind: 'allocate', byteLength })
    const { bytes } = await answer
    this.#allocations.push(bytes)
    return bytes
  }

  async step(progress: ClusterProgress): Promise<void> {
    for (let waitMs = this.#pass.waitMs(); waitMs > 0; waitMs = this.#pass.waitMs()) {
      Atomics.wait(this.#never, 0, 0, waitMs)
    }
    if (nowMs() - this.#saidMs < PROGRESS_INTERVAL_MS) return
    this.#saidMs = nowMs()
    this.say({ kind: 'progress', progress })
  }

  originsOf({ centroids, centroidBlocks, chunks }: RowLists): ListOrigins {
    return {
      centroids: this.#originOf(centroids),
      centroidBlocks: this.#originOf(centroidBlocks),
      chunks: chunks.map((chunk) => this.#originOf(chunk)),
    }
  }

  #originOf({ buffer, byteOffset }: Uint8Array | Float32Array): number {
    return this.#allocations.findIndex(
      (bytes) => bytes.buffer === buffer && bytes.byteOffset === byteOffset,
    )
  }
}

async function run(port: MessagePort, { input, kernels: wanted, gate }: ThreadTask): Promise<void> {
  const host = new ThreadHost(port, gate)
  const kernels = await selectKernels('auto')
  const { name, isa, reason } = kernels.info
  if (name !== wanted.name || isa !== wanted.isa) {
    const message = `a thread has ${name} kernels for ${isa}, not ${wanted.name} for ${wanted.isa}`
    host.say({ kind: 'unfit', reason: `${message}: ${reason}` })
    return
  }
  host.say({ kind: 'started' })
  try {
    const built = await buildLists(kernels, input, host)
    host.say({ kind: 'done', built, origins: host.originsOf(built.lists) })
  } catch (error) {
    host.say({ kind: 'failed', error })
  }
}

// Elsewhere the priority is that of the whole process.
if (process.platform === 'linux') setPriority(0, NICENESS)
if (parentPort !== null) await run(parentPort, workerData as ThreadTask)
