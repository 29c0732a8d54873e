/**
 * Decides which image is written when: a few writes under way over all segments, oldest rows
 * first; one sync at a time per file, which serves every flush whose writes it found completed.
 * Writes go on beside syncs. The first failure ends all writing for good: what is on disk is not
 * known any more, so every flush fails with it, and nothing is tried again.
 */

import { type SluiceError, storageErrorFrom } from '../errors.js'
import type { ByteRange, SegmentImage } from './segment-image.js'
import { pageCeil, pageFloor } from './segment-layout.js'

/** Writes under way: enough to keep a disk busy while one completes and the next is issued. */
const WRITES_MAX = 4

/**
 * Writes the images of one store.
 *
 * @internal
 */
export class WriteScheduler {
  /** Images with dirty bytes, writes, syncs or flushes; the order in which they came to have. */
  readonly #active = new Set<SegmentImage>()
  #writeCount = 0
  #scheduled = false
  #failure: SluiceError | undefined
  #closeCount = 0
  #draining = false
  readonly #onDrained: (() => void)[] = []
  #bytesWritten = 0
  #syncCount = 0

  /** The first failure. */
  get failure(): SluiceError | undefined {
    return this.#failure
  }

  /** Bytes written since the beginning. */
  get bytesWritten(): number {
    return this.#bytesWritten
  }

  /** Syncs completed since the beginning. */
  get syncCount(): number {
    return this.#syncCount
  }

  /** Declares bytes of an image final; writes them when it pays. */
  seal(image: SegmentImage, to: number): void {
    image.seal(to)
    this.#active.add(image)
    if (image.due) this.#schedule()
  }

  /** Resolves when bytes of an image below `to`, all sealed, are durable. */
  async flush(image: SegmentImage, to: number): Promise<void> {
    if (this.#failure !== undefined) throw this.#failure
    const durable = image.whenDurable(to)
    this.#activate(image)
    await durable
  }

  /** Declares bytes of an image from `to` on not final any more. */
  rewind(image: SegmentImage, to: number): void {
    image.rewind(to)
    this.#activate(image)
  }

  /** Waits for flushes and for writes under way; begins nothing that no flush waits for. */
  drain(): Promise<void> {
    this.#draining = true
    this.#schedule()
    return new Promise((resolve) => {
      this.#onDrained.push(resolve)
    })
  }

  /** Waits a microtask, so that a seal and the flush after it become one write. */
  #activate(image: SegmentImage): void {
    this.#active.add(image)
    this.#schedule()
  }

  #schedule(): void {
    if (this.#scheduled) return
    this.#scheduled = true
    // A promise: `queueMicrotask` makes an async resource each time.
    void Promise.resolve().then(this.#onTurn)
  }

  readonly #onTurn = (): void => {
    this.#scheduled = false
    this.#pump()
  }

  #pump(): void {
    for (const image of this.#active) {
      if (this.#failure === undefined) this.#begin(image)
      if (image.busy) continue
      if (this.#failure !== undefined || (image.clean && !image.awaited)) this.#retire(image)
    }
    if (this.#draining) this.#checkDrained()
  }

  #checkDrained(): void {
    if (this.#closeCount > 0) return
    for (const image of this.#active) if (image.busy || image.awaited) return
    for (const resolve of this.#onDrained.splice(0)) resolve()
  }

  #begin(image: SegmentImage): void {
    while (this.#writeCount < WRITES_MAX) {
      const range = image.startWrite(this.#draining)
      if (range === undefined) break
      this.#writeCount += 1
      void this.#write(image, range)
    }
    if (image.wantsSync) void this.#sync(image)
  }

  async #write(image: SegmentImage, range: ByteRange): Promise<void> {
    const from = pageFloor(range.from)
    const to = pageCeil(range.to)
    try {
      await image.file.write(image.bytes.subarray(from, to), from)
      this.#bytesWritten += to - from
    } catch (error) {
      this.#fail(error, `write ${image.file.path}`, { file: image.file.path, offset: from })
    }
    image.endWrite(range)
    this.#writeCount -= 1
    this.#pump()
  }

  async #sync(image: SegmentImage): Promise<void> {
    image.syncingTo = image.writtenTo
    try {
      await image.file.sync()
      this.#syncCount += 1
      image.durableTo = Math.max(image.durableTo, image.syncingTo)
    } catch (error) {
      this.#fail(error, `sync ${image.file.path}`, { file: image.file.path })
    }
    image.syncingTo = undefined
    image.settle()
    this.#pump()
  }

  /** A full, durable segment needs no handle any more. */
  #retire(image: SegmentImage): void {
    this.#active.delete(image)
    if (image.durableTo === image.fullTo) void this.#close(image)
  }

  async #close(image: SegmentImage): Promise<void> {
    this.#closeCount += 1
    try {
      await image.file.close()
    } catch (error) {
      this.#fail(error, `close ${image.file.path}`, { file: image.file.path })
    }
    this.#closeCount -= 1
    this.#schedule()
  }

  #fail(error: unknown, operation: string, details: Readonly<Record<string, unknown>>): void {
    this.#failure ??= storageErrorFrom(error, operation, details)
    for (const image of this.#active) image.fail(this.#failure)
  }
}
