/**
 * Who makes the lists of a database: a thread, one clustering at a time, with others to help it
 * where there is much to do, or where there can be none the event loop in slices. A thread lives as
 * long as its clustering, so that what it has seen of freed memory goes with it.
 */

import { setTimeout as delay } from 'node:timers/promises'
import type { KernelProvider } from '../../contract/index.js'
import { AbortError, StateError } from '../../errors.js'
import { listenForAbort } from '../../listen-for-abort.js'
import { SerialQueue } from '../../serial-queue.js'
import { TimeSlice } from '../../time-slice.js'
import { buildLists, type CalibratedLists } from './build-lists.js'
import type { ClusterHost, ClusterInput, ClusterProgress } from './cluster-input.js'
import { assistantsFor } from './cluster-plan.js'
import { clusterOnThread, type ThreadOptions, UnfitThread } from './cluster-thread.js'
import { GatePass, IngestGate } from './ingest-gate.js'

/**
 * Whose kernels make lists.
 *
 * @internal
 */
export interface ClusterRunnerOptions {
  readonly kernels: KernelProvider
  /** Whether a thread that selects kernels by itself gets the same ones. */
  readonly areKernelsSelected: boolean
}

/**
 * What a clustering needs beside its input.
 *
 * @internal
 */
export interface ClusterRun {
  /** As of {@link ClusterHost}. What it gave and no lists lie in is the caller's to give back. */
  readonly allocate: (byteLength: number) => Promise<Uint8Array>
  /** Called every now and then. */
  readonly onProgress?: (progress: ClusterProgress) => void
  /** Ends the run within milliseconds. */
  readonly signal?: AbortSignal
}

/**
 * Lists and how they came about.
 *
 * @internal
 */
export interface ClusterOutcome extends CalibratedLists {
  /** Why they were made on the event loop; undefined when a thread made them. */
  readonly inlineReason: string | undefined
}

/**
 * Makes lists, one clustering at a time.
 *
 * @internal
 */
export class ClusterRunner {
  readonly #options: ClusterRunnerOptions
  readonly #gate = new IngestGate()
  readonly #queue = new SerialQueue()
  readonly #closing = new AbortController()
  /** Why there are no threads, for good. */
  #unfitReason: string | undefined

  constructor(options: ClusterRunnerOptions) {
    this.#options = options
    if (!options.areKernelsSelected) this.#unfitReason = 'the kernels are not selected by Sluice'
  }

  /**
   * Clusters once those before have ended. When it settles nothing touches the input or the memory
   * any more.
   *
   * @throws AbortError; `SLUICE_CLOSED`; what `allocate` rejects with; `SLUICE_INTERNAL` when the
   *   thread crashed, after which the next run has a new one
   */
  run(input: ClusterInput, run: ClusterRun): Promise<ClusterOutcome> {
    const turn = new AbortController()
    const outcome = this.#queue.run(() => {
      turn.abort()
      return this.#run(input, run)
    })
    return run.signal ? orAborted(outcome, run.signal, turn.signal) : outcome
  }

  /** Says that rows came in: builds wait while many do. */
  noteIngest(byteLength: number): void {
    this.#gate.note(byteLength)
  }

  /** Resolves when rows no longer come in fast, or have for as long as builds are held back. */
  async whenCalm(signal: AbortSignal): Promise<void> {
    await passGate(new GatePass(this.#gate), signal)
  }

  /** Ends what is running, refuses what waits, and resolves when all has ended. */
  async close(): Promise<void> {
    this.#closing.abort(new StateError('SLUICE_CLOSED', 'the database was closed'))
    await this.#queue.idle()
  }

  async #run(input: ClusterInput, run: ClusterRun): Promise<ClusterOutcome> {
    const aborting = new AbortController()
    const onAbort = (): void => aborting.abort(run.signal && abortedRun(run.signal))
    const stopListening = run.signal && listenForAbort(run.signal, onAbort)
    if (run.signal?.aborted) onAbort()
    try {
      const signal = AbortSignal.any([this.#closing.signal, aborting.signal])
      const onProgress = run.onProgress ?? noop
      return await this.#cluster(input, { allocate: run.allocate, onProgress, signal })
    } finally {
      stopListening?.()
    }
  }

  async #cluster(input: ClusterInput, options: ThreadOptions): Promise<ClusterOutcome> {
    const { kernels } = this.#options
    let inlineReason = this.#unfitReason ?? privateMemoryOf(input)
    if (inlineReason === undefined) {
      const assistants = assistantsFor(input.rows.rowCount - (input.from?.rowCount ?? 0))
      const gate = this.#gate.shared
      const task = { input, kernels: kernels.info, gate, assistants }
      const built = await clusterOnThread(task, options)
      if (!(built instanceof UnfitThread)) return { ...built, inlineReason: undefined }
      inlineReason = built.reason
      this.#unfitReason = inlineReason
    }
    return {
      ...(await buildLists(kernels, input, new InlineHost(options, this.#gate))),
      inlineReason,
    }
  }
}

/** Gives way to the event loop after every slice. */
class InlineHost implements ClusterHost {
  readonly #options: ThreadOptions
  readonly #slice = new TimeSlice()
  readonly #pass: GatePass

  constructor(options: ThreadOptions, gate: IngestGate) {
    this.#options = options
    this.#pass = new GatePass(gate)
    options.signal.throwIfAborted()
  }

  allocate(byteLength: number): Promise<Uint8Array> {
    return this.#options.allocate(byteLength)
  }

  async step(progress: ClusterProgress): Promise<void> {
    if (!this.#slice.isOver()) return
    await passGate(this.#pass, this.#options.signal)
    await this.#slice.next()
    this.#options.signal.throwIfAborted()
    this.#options.onProgress(progress)
  }
}

/** Waits as long as the gate is closed to a pass, or until the signal fires. */
async function passGate(pass: GatePass, signal: AbortSignal): Promise<void> {
  for (let waitMs = pass.waitMs(); waitMs > 0 && !signal.aborted; waitMs = pass.waitMs()) {
    await delay(waitMs)
  }
}

/** An outcome, or the abort of it before its turn has come; it does nothing then in its turn. */
function orAborted<T>(outcome: Promise<T>, signal: AbortSignal, turn: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    outcome.then(resolve, reject)
    const onAbort = (): void => reject(abortedRun(signal))
    signal.addEventListener('abort', onAbort, { signal: turn })
    if (signal.aborted && !turn.aborted) onAbort()
  })
}

function abortedRun({ reason: cause }: AbortSignal): AbortError {
  return new AbortError('making lists was aborted', { cause })
}

/** Why a thread cannot see rows or lists; undefined when it can. */
function privateMemoryOf({ rows, from }: ClusterInput): string | undefined {
  const views = [...rows.segments, ...(from?.chunks ?? []), from?.centroids, from?.centroidBlocks]
  const isShared = views.every((view) => !view || view.buffer instanceof SharedArrayBuffer)
  return isShared ? undefined : 'memory of rows or lists is not shared between threads'
}

function noop(): undefined {
  return undefined
}
