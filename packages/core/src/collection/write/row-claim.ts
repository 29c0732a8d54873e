/**
 * Rows that were claimed for somebody who fills them in place and takes his time. They hold the
 * turn of their collection, so that no other write comes between claim and commit, but no place in
 * the queue of writes: whoever waits there never waits for a person. The end of the database or of
 * the collection takes them back. A row goes back by rewinding the store, so the next write gets
 * the same memory, whatever views of it are still around.
 */

import type { RowSpan } from '../../contract/index.js'
import { type SluiceError, StateError } from '../../errors.js'
import type { Admission } from '../../ingest/admission.js'
import type { CommitLog } from '../../ingest/commit-log.js'
import { poisonedBy } from '../../ingest/poisoned.js'
import { takeTurn } from '../../ingest/take-turn.js'
import { LIMITS } from '../../limits.js'
import { listenForAbort } from '../../listen-for-abort.js'
import type { SerialQueue } from '../../serial-queue.js'
import type { Warn } from '../../warning.js'
import { checkLimit, WRITE_OVERHEAD_BYTES } from '../input/batch-size.js'
import { describeBadRow } from '../input/vector-input.js'
import type { CollectionState } from '../state/collection-state.js'
import { HeldRowsWatch } from './held-rows-watch.js'

/**
 * What claims need, beside the collection itself.
 *
 * @internal
 */
export interface RowClaimServices {
  readonly log: CommitLog
  readonly admission: Admission
  /** Fires when the database begins to close. */
  readonly closing: AbortSignal
  readonly warn: Warn
}

/**
 * Checks that a collection has numbers for more rows.
 *
 * @throws InvalidArgumentError `SLUICE_LIMIT_EXCEEDED`
 * @internal
 */
export function checkRoom({ name, store }: CollectionState, rowCount: number): void {
  const what = `rows ever written to collection "${name}"`
  checkLimit(what, store.rowCount + rowCount, LIMITS.rowsPerCollectionMax)
}

/**
 * Claims rows of one collection, for one at a time.
 *
 * @internal
 */
export class RowClaims {
  readonly #state: CollectionState
  readonly #services: RowClaimServices
  readonly #turns: SerialQueue
  readonly #watch: HeldRowsWatch
  /** Fires when the collection is about to be dropped. */
  #ending = new AbortController()

  constructor(state: CollectionState, services: RowClaimServices, turns: SerialQueue) {
    this.#state = state
    this.#services = services
    this.#turns = turns
    this.#watch = new HeldRowsWatch({ name: state.name, turns, warn: services.warn })
  }

  /**
   * Claims rows when the turn comes, and keeps the turn until they are over.
   *
   * @throws AbortError; StateError `SLUICE_CLOSED`, `SLUICE_NOT_FOUND`; InvalidArgumentError
   * `SLUICE_LIMIT_EXCEEDED`; StorageError `SLUICE_POISONED`
   */
  claim(rowCount: number, signal: AbortSignal | undefined): Promise<RowClaim> {
    const what = 'the wait for rows'
    const byteLength = rowCount * this.#state.store.stride + WRITE_OVERHEAD_BYTES
    const request = { byteLength, signal, what, turns: this.#turns }
    return new Promise((resolve, reject) => {
      const turn = takeTurn(request, async () => {
        this.#check()
        const { admission } = this.#services
        const visit = await admission.run(request, () => this.#claim(rowCount))
        // From here on the memory counts as what it is, rows of the collection.
        visit.giveBack()
        visit.value.check()
        this.#watch.hold(rowCount)
        resolve(visit.value)
        await visit.value.over
        this.#watch.release()
      })
      turn.catch(reject)
    })
  }

  /** Takes back what is claimed and refuses all who come, while the collection is removed. */
  async refuseWhile(removal: () => Promise<void>): Promise<void> {
    const ending = this.#ending
    const { name } = this.#state
    const details = { collection: name }
    ending.abort(
      new StateError('SLUICE_NOT_FOUND', `collection "${name}" was dropped`, { details }),
    )
    try {
      await removal()
    } catch (error) {
      this.#ending = new AbortController()
      throw error
    }
  }

  async #claim(rowCount: number): Promise<RowClaim> {
    this.#check()
    const { store } = this.#state
    checkRoom(this.#state, rowCount)
    const rowBase = store.rowCount
    const spans = await store.claim(rowCount)
    const onBegun = (isBegun: boolean): void => this.#watch.setCommitting(isBegun)
    const rows = { rowBase, rowCount, spans, onBegun }
    const claim = new RowClaim(this.#state, this.#services.log, rows)
    claim.endAt(this.#services.closing)
    claim.endAt(this.#ending.signal)
    return claim
  }

  #check(): void {
    const { poison } = this.#services.log
    if (poison) throw poisonedBy(poison)
    this.#state.checkNotDropped()
    this.#services.closing.throwIfAborted()
    this.#ending.signal.throwIfAborted()
  }
}

/** Where claimed rows are. */
interface ClaimedRows {
  readonly rowBase: number
  readonly rowCount: number
  readonly spans: readonly RowSpan[]
  /** Told when a commit begins, and when it has failed. */
  readonly onBegun: (isBegun: boolean) => void
}

/**
 * Claimed rows: open or in the hands of a commit, at last over.
 *
 * @internal
 */
export class RowClaim {
  /** One for each segment that the rows lie in. */
  readonly spans: readonly RowSpan[]
  readonly rowBase: number
  readonly rowCount: number
  /** Resolves when the rows belong to the log or were given back. */
  readonly over: Promise<void>
  readonly #state: CollectionState
  readonly #log: CommitLog
  readonly #onBegun: (isBegun: boolean) => void
  readonly #stopListening: (() => void)[] = []
  #isBegun = false
  /** Why a commit that fails is the last one. */
  #endingBy: SluiceError | undefined
  #endedBy: SluiceError | undefined
  #end: () => void = () => undefined

  constructor(state: CollectionState, log: CommitLog, rows: ClaimedRows) {
    this.#state = state
    this.#log = log
    this.rowBase = rows.rowBase
    this.rowCount = rows.rowCount
    this.spans = rows.spans
    this.#onBegun = rows.onBegun
    this.over = new Promise((resolve) => {
      this.#end = resolve
    })
  }

  /** Bytes of the rows. */
  get byteLength(): number {
    return this.rowCount * this.#state.store.stride
  }

  /** Ends the claim when a signal fires, for its reason; see {@link end}. */
  endAt(signal: AbortSignal): void {
    const onAbort = (): void => this.end(signal.reason as SluiceError)
    if (signal.aborted) onAbort()
    else this.#stopListening.push(listenForAbort(signal, onAbort))
  }

  /** @throws StateError why the rows are not to be filled any more */
  check(): void {
    if (this.#endedBy) throw this.#endedBy
    if (this.#isBegun) throw new StateError('SLUICE_CLOSED', 'the writer was committed already')
  }

  /**
   * Begins a commit: from here on only that one may end the claim, or `reopen` it.
   *
   * @throws as `check`
   */
  begin(): void {
    this.check()
    this.#isBegun = true
    this.#onBegun(true)
  }

  /**
   * Lets rows be changed and committed again whose commit has failed, unless the claim is over or
   * was to end meanwhile. They stay where they are: the store gets them back, and claimed again.
   *
   * @throws what the store's `claim` throws
   */
  async reopen(): Promise<void> {
    if (this.#endedBy || this.#endingBy || this.#log.poison) return
    const { store } = this.#state
    this.#rewind()
    const spans = await store.claim(this.rowCount)
    if (!spans.every(({ bytes }, i) => isSameMemory(bytes, this.spans[i]?.bytes))) return
    this.#isBegun = false
    this.#onBegun(false)
    if (this.#endingBy) this.giveBack(this.#endingBy)
  }

  /** Gives the rows back, unless a commit has begun: then when that one has failed. */
  end(reason: SluiceError): void {
    if (this.#isBegun) this.#endingBy ??= reason
    else this.giveBack(reason)
  }

  /** Whether a commit is under way, or was the last one. */
  get isBegun(): boolean {
    return this.#isBegun
  }

  /** Puts the finding about a bad row into words. */
  describeBadRow(row: number): Error {
    const { rowBase } = this
    const span = this.spans.findLast((candidate) => candidate.row - rowBase <= row)
    const bytes = span?.bytes ?? new Uint8Array(0)
    return describeBadRow(this.#state.schema, bytes, row, (span?.row ?? rowBase) - rowBase)
  }

  /** Gives the rows back, and the turn on; nothing once the claim is over. */
  giveBack(reason: SluiceError): void {
    if (this.#endedBy) return
    // After a failure of the log nobody gets rows again, and its own may be among these.
    if (!this.#log.poison) this.#rewind()
    this.#finish(reason)
  }

  /** Says that the rows belong to the log. */
  release(): void {
    this.#finish(new StateError('SLUICE_CLOSED', 'the writer was committed already'))
  }

  #rewind(): void {
    if (this.#isBegun) this.#state.codes?.rewind(this.rowBase)
    this.#state.store.rewind(this.rowBase)
    this.#state.resetIdsIfEmpty()
  }

  #finish(reason: SluiceError): void {
    this.#endedBy = reason
    for (const stop of this.#stopListening) stop()
    this.#end()
  }
}

function isSameMemory(a: Uint8Array, b: Uint8Array | undefined): boolean {
  return a.buffer === b?.buffer && a.byteOffset === b.byteOffset && a.length === b.length
}
