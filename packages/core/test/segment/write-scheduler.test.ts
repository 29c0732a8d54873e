import assert from 'node:assert/strict'
import { setImmediate as turn } from 'node:timers/promises'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { SegmentImage } from '../../src/segment/segment-image.js'
import { WriteScheduler } from '../../src/segment/write-scheduler.js'
import { FakeImageFile, type PendingOperation } from './fake-image-file.js'

const PAGE = 4096
const IMAGE_BYTES = 40 * PAGE
const FULL = IMAGE_BYTES - 100
const WRITE_BYTES = 4 * PAGE
/** How far a random step goes at most. */
const REACH = 8 * PAGE

interface Disk {
  readonly image: SegmentImage
  readonly file: FakeImageFile
}

function makeDisk(): Disk {
  const file = new FakeImageFile(IMAGE_BYTES)
  const bytes = new Uint8Array(IMAGE_BYTES)
  return { file, image: new SegmentImage({ bytes, file, fullTo: FULL, writeBytes: WRITE_BYTES }) }
}

function shapes(operations: readonly PendingOperation[]): string[] {
  return operations.map(({ kind, position, byteLength }) =>
    kind === 'sync' ? kind : `${position / PAGE}+${byteLength / PAGE}`,
  )
}

async function completeAll(disks: readonly Disk[]): Promise<void> {
  for (;;) {
    await turn()
    const next = disks.flatMap(({ file }) => file.pending)[0]
    if (next === undefined) return
    next.complete()
  }
}

describe('WriteScheduler', () => {
  it('writes whole ranges once they are sealed, and the rest only for a flush', async () => {
    const { image, file } = makeDisk()
    const scheduler = new WriteScheduler()
    scheduler.seal(image, 2 * PAGE)
    await turn()
    expect(shapes(file.pending)).toEqual([])
    scheduler.seal(image, 10 * PAGE + 50)
    await turn()
    expect(shapes(file.pending)).toEqual(['0+4', '4+4'])
    const flushed = scheduler.flush(image, 10 * PAGE + 50)
    await turn()
    expect(shapes(file.pending)).toEqual(['0+4', '4+4', '8+3'])
    await completeAll([{ image, file }])
    await flushed
    expect(image.durableTo).toBe(10 * PAGE + 50)
  })

  it('makes one write of a seal and the flush after it', async () => {
    const { image, file } = makeDisk()
    const scheduler = new WriteScheduler()
    scheduler.seal(image, 5 * PAGE + 1)
    const flushed = scheduler.flush(image, 5 * PAGE + 1)
    await completeAll([{ image, file }])
    await flushed
    expect(file.writes).toBe(1)
  })

  it('writes past a page that is being written, and that page again when it is free', async () => {
    const { image, file } = makeDisk()
    const scheduler = new WriteScheduler()
    scheduler.seal(image, PAGE + 10)
    const first = scheduler.flush(image, PAGE + 10)
    await turn()
    scheduler.seal(image, 3 * PAGE)
    const second = scheduler.flush(image, 3 * PAGE)
    await turn()
    expect(shapes(file.pending)).toEqual(['0+2', '2+1'])
    file.pending[0]?.complete()
    await turn()
    expect(shapes(file.pending)).toEqual(['2+1', '1+1', 'sync'])
    await completeAll([{ image, file }])
    await Promise.all([first, second])
  })

  it('has at most four writes under way over all segments', async () => {
    const disks = [makeDisk(), makeDisk()]
    const scheduler = new WriteScheduler()
    const flushes = disks.map(({ image }) => {
      scheduler.seal(image, FULL)
      return scheduler.flush(image, FULL)
    })
    await turn()
    expect(disks.flatMap(({ file }) => file.pending)).toHaveLength(4)
    await completeAll(disks)
    await Promise.all(flushes)
  })

  it('goes on writing beside a sync; the next serves all that was written by then', async () => {
    const { image, file } = makeDisk()
    const scheduler = new WriteScheduler()
    const flushOnePage = (page: number): Promise<void> => {
      scheduler.seal(image, page * PAGE)
      return scheduler.flush(image, page * PAGE)
    }
    const flushes = [flushOnePage(1)]
    await turn()
    file.pending[0]?.complete()
    await turn()
    expect(shapes(file.pending)).toEqual(['sync'])
    flushes.push(flushOnePage(2))
    await turn()
    flushes.push(flushOnePage(3))
    await turn()
    expect(shapes(file.pending)).toEqual(['sync', '1+1', '2+1'])
    file.pending[1]?.complete()
    file.pending[1]?.complete()
    await completeAll([{ image, file }])
    await Promise.all(flushes)
    expect(file.syncs).toBe(2)
  })

  it('syncs and closes a full segment without being asked', async () => {
    const { image, file } = makeDisk()
    const scheduler = new WriteScheduler()
    scheduler.seal(image, FULL)
    await completeAll([{ image, file }])
    expect(image.durableTo).toBe(FULL)
    expect(file.closes).toBe(1)
  })

  it('fails every flush, now and later, after a write in the background failed', async () => {
    const { image, file } = makeDisk()
    const scheduler = new WriteScheduler()
    scheduler.seal(image, 8 * PAGE)
    await turn()
    file.pending[1]?.fail(Object.assign(new Error('no space'), { code: 'ENOSPC' }))
    await turn()
    const expected = { code: 'SLUICE_NO_SPACE', details: { file: 'fake.seg', offset: 4 * PAGE } }
    await expect(scheduler.flush(image, PAGE)).rejects.toMatchObject(expected)
    scheduler.seal(image, FULL)
    await completeAll([{ image, file }])
    expect(file.writes).toBe(2)
    expect(file.syncs).toBe(0)
    await expect(scheduler.flush(image, PAGE)).rejects.toMatchObject(expected)
  })

  it('fails the flushes that wait, of every segment, when a sync fails', async () => {
    const disks = [makeDisk(), makeDisk()]
    const scheduler = new WriteScheduler()
    const flushes = disks.map(({ image }) => {
      scheduler.seal(image, PAGE)
      return scheduler.flush(image, PAGE)
    })
    const settled = Promise.allSettled(flushes)
    await turn()
    disks[0]?.file.pending[0]?.complete()
    await turn()
    disks[0]?.file.pending[0]?.fail(Object.assign(new Error('bad'), { code: 'EIO' }))
    await completeAll(disks)
    for (const outcome of await settled) {
      expect(outcome).toMatchObject({ status: 'rejected', reason: { code: 'SLUICE_IO' } })
    }
    expect(disks.map(({ image }) => image.durableTo)).toEqual([0, 0])
  })
})

interface Step {
  readonly kind: 'seal' | 'flush' | 'rewind' | 'scribble' | 'complete' | 'turn'
  readonly share: number
  readonly second: boolean
}

/** A flush under way; rewinding takes rows out of it. */
interface Flush {
  readonly disk: Disk
  to: number
  done: boolean
}

/** Random histories: bytes as a model has them, operations completing in any order. */
class History {
  readonly #scheduler = new WriteScheduler()
  readonly #disks = [makeDisk(), makeDisk()] as const
  readonly #flushes: Flush[] = []
  readonly #outcomes: Promise<void>[] = []
  #value = 0

  async run(steps: readonly Step[]): Promise<void> {
    for (const step of steps) await this.#step(step)
    const drained = this.#scheduler.drain()
    await completeAll(this.#disks)
    await Promise.all([...this.#outcomes, drained])
  }

  async #step({ kind, share, second }: Step): Promise<void> {
    const disk = this.#disks[second ? 1 : 0]
    const { image } = disk
    const near = Math.round(share * share * REACH)
    if (kind === 'seal') {
      const to = Math.min(FULL, image.sealedTo + near)
      this.#fill(disk, to)
      this.#scheduler.seal(image, to)
    } else if (kind === 'flush') {
      this.#flush(disk, Math.max(0, image.sealedTo - near))
    } else if (kind === 'rewind') {
      this.#rewind(disk, Math.max(0, image.sealedTo - near))
    } else if (kind === 'scribble') {
      this.#fill(disk, Math.min(FULL, image.sealedTo + near))
    } else if (kind === 'turn') {
      await turn()
    } else {
      const pending = this.#disks.flatMap(({ file }) => file.pending)
      pending[Math.min(pending.length - 1, Math.floor(share * pending.length))]?.complete()
    }
  }

  /** New bytes behind the sealed ones, whatever is being written. */
  #fill({ image }: Disk, to: number): void {
    for (let i = image.sealedTo; i < to; i += 1) {
      this.#value = (this.#value * 5 + 1) & 0xffff
      image.bytes[i] = this.#value >>> 8
    }
  }

  #flush(disk: Disk, to: number): void {
    const flush: Flush = { disk, to, done: false }
    this.#flushes.push(flush)
    this.#outcomes.push(
      this.#scheduler.flush(disk.image, to).then(() => {
        flush.done = true
        const durable = Buffer.from(disk.file.durable).subarray(0, flush.to)
        const model = Buffer.from(disk.image.bytes).subarray(0, flush.to)
        assert.ok(durable.equals(model), `bytes below ${flush.to} are not what was sealed`)
      }),
    )
  }

  #rewind(disk: Disk, to: number): void {
    for (const flush of this.#flushes) {
      if (flush.disk === disk && !flush.done) flush.to = Math.min(flush.to, to)
    }
    this.#scheduler.rewind(disk.image, to)
  }
}

describe('WriteScheduler, whatever the order of events', () => {
  it('has the sealed bytes on disk when a flush resolves', async () => {
    const kinds = ['seal', 'flush', 'rewind', 'scribble', 'complete', 'complete', 'turn'] as const
    const step = fc.record({
      kind: fc.constantFrom<Step['kind'][]>(...kinds),
      share: fc.nat(1000).map((thousandths) => thousandths / 1000),
      second: fc.boolean(),
    })
    await fc.assert(
      fc.asyncProperty(
        fc.array(step, { minLength: 20, maxLength: 200, size: 'max' }),
        async (steps) => {
          await new History().run(steps)
        },
      ),
      { numRuns: 200 },
    )
  })
})
