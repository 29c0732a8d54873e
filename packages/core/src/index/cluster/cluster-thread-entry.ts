/**
 * The program of the thread that clusters: one run, and it ends. It is loaded by its path, with
 * kernels of its own, and shares the memory of rows and lists with the thread that started it.
 */

import { getPriority, setPriority } from 'node:os'
import { type MessagePort, parentPort, workerData } from 'node:worker_threads'
import { nowMs } from '../../clock.js'
import { selectThreadKernels } from '../../threads/thread-kernels.js'
import type { RowLists } from '../row-lists.js'
import { buildLists } from './build-lists.js'
import type { Assistants, ClusterHost, ClusterProgress } from './cluster-input.js'
import { GatePass, IngestGate } from './ingest-gate.js'
import { startAssistants } from './start-assistants.js'
import type { ListOrigins, ThreadMemory, ThreadMessage, ThreadTask } from './thread-messages.js'

const PROGRESS_INTERVAL_MS = 20
/** Of the niceness that Linux gives each thread: below those that ingest and search. */
const NICENESS = 10
const ASSISTANT = new URL('./assistant-thread-entry.js', import.meta.url)

/** Tells the starting thread what happens, and asks it for memory. */
class ThreadHost implements ClusterHost {
  readonly assistants?: Assistants
  readonly #port: MessagePort
  readonly #allocations: Uint8Array[] = []
  readonly #pass: GatePass
  #saidMs = Number.NEGATIVE_INFINITY

  constructor(port: MessagePort, task: ThreadTask) {
    this.#port = port
    this.#pass = new GatePass(new IngestGate(task.gate))
    if (task.assistants > 0) this.assistants = startAssistants(ASSISTANT, task)
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
    this.#pass.block()
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

async function run(port: MessagePort, task: ThreadTask): Promise<void> {
  const host = new ThreadHost(port, task)
  const selected = await selectThreadKernels(task.kernels)
  if (selected.kind === 'unfit') return host.say(selected)
  host.say({ kind: 'started' })
  try {
    const built = await buildLists(selected.kernels, task.input, host)
    host.say({ kind: 'done', built, origins: host.originsOf(built.lists) })
  } catch (error) {
    host.say({ kind: 'failed', error })
  }
}

// Elsewhere the priority is that of the whole process.
if (process.platform === 'linux' && getPriority() < NICENESS) setPriority(0, NICENESS)
if (parentPort !== null) await run(parentPort, workerData as ThreadTask)
