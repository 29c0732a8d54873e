/**
 * The waiting for memory against what must hold of it, whatever the order of events: the bound is
 * never passed, nobody comes in before one who came earlier, a write is refused only if it would
 * not fit alone, and when all is over everybody has an answer and holds nothing.
 */

import fc from 'fast-check'
import { expect, it } from 'vitest'
import { StateError } from '../../src/errors.js'
import { Admission } from '../../src/ingest/admission.js'
import { MemoryBudget } from '../../src/ingest/memory-budget.js'

const BYTES_MAX = 100
const QUEUE_BYTES_MAX = 60

type Command =
  | { readonly kind: 'arrive'; readonly byteLength: number; readonly leases: readonly number[] }
  | { readonly kind: 'step' | 'leave' | 'abort' | 'drop'; readonly nth: number }
  | { readonly kind: 'waste'; readonly byteLength: number }
  | { readonly kind: 'close' }

const command: fc.Arbitrary<Command> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      kind: fc.constant('arrive' as const),
      byteLength: fc.oneof(fc.integer({ min: 0, max: 40 }), fc.integer({ min: 0, max: 120 })),
      leases: fc.array(fc.integer({ min: 1, max: 50 }), { maxLength: 3 }),
    }),
  },
  {
    weight: 12,
    arbitrary: fc.record({
      kind: fc.constantFrom('step' as const, 'step' as const, 'leave' as const),
      nth: fc.nat(20),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constantFrom('abort' as const, 'drop' as const),
      nth: fc.nat(20),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constant('waste' as const),
      byteLength: fc.integer({ min: 1, max: 60 }),
    }),
  },
)

/** Writes around a door, each a step behind the next whenever the test says so. */
class World {
  readonly budget = new MemoryBudget({ bytesMax: BYTES_MAX })
  readonly admission = new Admission({
    queueBytesMax: QUEUE_BYTES_MAX,
    budget: this.budget,
    reclaim: () => this.#reclaim(),
  })
  /** What waits for its next step: attempts and reclaims. */
  steps: (() => void)[] = []
  /** Writes that were submitted and may be acknowledged. */
  inside: (() => void)[] = []
  readonly outcomes: (string | undefined)[] = []
  readonly firstAttempts: number[] = []
  /** Fails when a write was refused without need. */
  readonly answers: Promise<void>[] = []
  readonly #aborts: AbortController[] = []
  /** Leases that last, of writes that succeeded. */
  readonly #lasting: number[] = []
  /** Bytes that nobody needs. */
  #wastedBytes = 0
  #isReclaiming = false

  get lastingBytes(): number {
    return this.#lasting.reduce((sum, byteLength) => sum + byteLength, 0)
  }

  get wastedBytes(): number {
    return this.#wastedBytes
  }

  do(next: Command): void {
    if (next.kind === 'arrive') this.#arrive(next.byteLength, next.leases)
    else if (next.kind === 'step') takeNth(this.steps, next.nth)?.()
    else if (next.kind === 'leave') takeNth(this.inside, next.nth)?.()
    else if (next.kind === 'abort') this.#aborts[next.nth % this.#aborts.length]?.abort()
    else if (next.kind === 'drop') this.#drop(next.nth)
    else if (next.kind === 'waste') this.#waste(next.byteLength)
    else this.admission.close(new StateError('SLUICE_CLOSED', 'closed'))
  }

  /** Lets everything end, in the order in which it began. */
  async finish(): Promise<void> {
    for (let turns = 0; this.steps.length + this.inside.length > 0; turns++) {
      expect(turns, 'it never ends').toBeLessThan(10_000)
      takeNth(this.steps, 0)?.()
      takeNth(this.inside, 0)?.()
      await settle()
    }
  }

  #arrive(byteLength: number, leases: readonly number[]): void {
    const number = this.outcomes.push(undefined) - 1
    const abort = new AbortController()
    this.#aborts[number] = abort
    const needed = byteLength + leases.reduce((sum, lease) => sum + lease, 0)
    let isFirst = true
    const attempt = (): Promise<void> => {
      if (isFirst) this.firstAttempts.push(number)
      isFirst = false
      return this.#attempt(leases)
    }
    const { signal } = abort
    const answer = this.admission.run({ byteLength, signal, what: 'the write' }, attempt).then(
      ({ giveBack }) => {
        this.inside.push(() => {
          this.outcomes[number] = 'ok'
          giveBack()
        })
      },
      (error: { code: string }) => {
        this.outcomes[number] = error.code
        if (error.code === 'SLUICE_LIMIT_EXCEEDED') this.#checkRefusal(byteLength, needed)
      },
    )
    answer.catch(() => undefined)
    this.answers.push(answer)
  }

  #checkRefusal(byteLength: number, needed: number): void {
    expect(needed + this.lastingBytes + this.#wastedBytes).toBeGreaterThan(BYTES_MAX)
    if (byteLength <= BYTES_MAX) expect(this.#wastedBytes, 'memory to reclaim').toBe(0)
  }

  /** Takes leases one by one; all of them or none. */
  async #attempt(leases: readonly number[]): Promise<void> {
    let taken = 0
    for (const byteLength of leases) {
      await this.#step()
      if (!this.budget.fits(byteLength)) {
        const refusal = this.budget.refusal(byteLength)
        await this.#step()
        if (taken > 0) this.budget.giveBack('leased', taken)
        throw new Error('no memory for the rows', { cause: refusal })
      }
      this.budget.take('leased', byteLength)
      taken += byteLength
    }
    this.#lasting.push(taken)
  }

  #step(): Promise<void> {
    return new Promise((resolve) => this.steps.push(resolve))
  }

  #drop(nth: number): void {
    const index = nth % this.#lasting.length
    const [byteLength] = this.#lasting.splice(index, 1)
    if (byteLength) this.budget.giveBack('leased', byteLength)
  }

  #waste(byteLength: number): void {
    if (this.#isReclaiming || !this.budget.fits(byteLength)) return
    this.#wastedBytes += byteLength
    this.budget.take('leased', byteLength)
  }

  async #reclaim(): Promise<boolean> {
    expect(this.#isReclaiming, 'one reclaim at a time').toBe(false)
    this.#isReclaiming = true
    await this.#step()
    const byteLength = this.#wastedBytes
    this.#wastedBytes = 0
    if (byteLength > 0) this.budget.giveBack('leased', byteLength)
    await this.#step()
    this.#isReclaiming = false
    return byteLength > 0
  }
}

function takeNth(list: (() => void)[], nth: number): (() => void) | undefined {
  return list.splice(nth % Math.max(1, list.length), 1)[0]
}

function settle(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve))
}

function checkBounds({ budget, admission }: World): void {
  const { usedBytes, usedBytesPeak, queueBytes } = budget.stats()
  expect(usedBytes).toBeLessThanOrEqual(BYTES_MAX)
  expect(usedBytesPeak).toBeLessThanOrEqual(BYTES_MAX)
  expect(queueBytes).toBe(admission.stats().bytes)
}

async function play(commands: readonly Command[], afterwards: readonly Command[]): Promise<World> {
  const world = new World()
  for (const next of commands) {
    world.do(next)
    await settle()
    checkBounds(world)
  }
  for (const next of afterwards) world.do(next)
  await world.finish()
  await Promise.all(world.answers)
  checkBounds(world)
  return world
}

const commands = fc.array(command, { maxLength: 80, size: 'max' })

it('keeps bound and order, refuses only what does not fit, and forgets no one', async () => {
  const codes = new Set<string | undefined>()
  const play1 = async (list: Command[]): Promise<void> => {
    const world = await play(list, [])
    for (const outcome of world.outcomes) {
      codes.add(outcome)
      expect(['ok', 'SLUICE_LIMIT_EXCEEDED', 'SLUICE_ABORTED']).toContain(outcome)
    }
    expect(world.admission.stats()).toMatchObject({ bytes: 0, waiting: 0 })
    expect(world.budget.usedBytes).toBe(world.lastingBytes + world.wastedBytes)
    expect(world.firstAttempts).toEqual([...world.firstAttempts].sort((a, b) => a - b))
  }
  await fc.assert(fc.asyncProperty(commands, play1), { numRuns: 300 })
  expect(codes).toEqual(new Set(['ok', 'SLUICE_LIMIT_EXCEEDED', 'SLUICE_ABORTED']))
})

it('settles everybody when it is closed half way', async () => {
  const play1 = async (list: Command[]): Promise<void> => {
    const world = await play(list, [{ kind: 'close' }])
    expect(world.outcomes).not.toContain(undefined)
    expect(world.admission.stats()).toMatchObject({ bytes: 0, waiting: 0 })
    expect(world.budget.stats().queueBytes).toBe(0)
  }
  await fc.assert(fc.asyncProperty(commands, play1), { numRuns: 100 })
})

it('serves a write that fits beside others only once these have left', async () => {
  const world = await play(
    [
      { kind: 'arrive', byteLength: 30, leases: [40] },
      { kind: 'arrive', byteLength: 20, leases: [30] },
      { kind: 'step', nth: 0 },
      { kind: 'step', nth: 0 },
    ],
    [],
  )
  expect(world.outcomes).toEqual(['ok', 'ok'])
  expect(world.lastingBytes).toBe(70)
})
