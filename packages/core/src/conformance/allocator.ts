/** What every Allocator must do, as tests. A stranger's allocator is conformant when they pass. */

import assert from 'node:assert/strict'
import type fc from 'fast-check'
import type { Allocator, Lease } from '../contract/index.js'
import type { SuiteRunner } from './suite-runner.js'

/**
 * An allocator under test.
 *
 * @public
 */
export interface AllocatorFixture {
  /** Fresh: nothing on loan. Its `bytesMax` must be from 1 MiB to 64 MiB. */
  readonly allocator: Allocator
  /** Releases whatever the allocator holds. */
  dispose(): Promise<void>
}

/**
 * What the suite is run on.
 *
 * @public
 */
export interface AllocatorSuiteOptions {
  /** Where the tests are declared. */
  readonly runner: SuiteRunner
  /** fast-check 4, the module itself: `import fc from 'fast-check'`. */
  readonly fc: typeof fc
  /** The implementation, for test names. */
  readonly name: string
  /** A new allocator. */
  create(): Promise<AllocatorFixture>
}

/**
 * Registers the tests of the memory seam.
 *
 * @public
 */
export function allocatorSuite(options: AllocatorSuiteOptions): void {
  const { runner, name } = options
  const test = (title: string, body: (allocator: Allocator) => Promise<void> | void): unknown =>
    runner.it(title, async () => {
      const fixture = await options.create()
      try {
        await body(fixture.allocator)
      } finally {
        await fixture.dispose()
      }
    })
  runner.describe(`allocator ${name}`, () => {
    test('lends exactly the bytes asked for', lendsExactly)
    test('aligns the first byte within its buffer', aligns)
    test('zeroes on demand, recycled memory too', zeroes)
    test('throws at a second release, and at use after release', refusesAfterRelease)
    test('refuses what would pass the limit, and lends again once there is room', keepsLimit)
    test('refuses lengths and alignments that make no sense', refusesNonsense)
    test('counts what is on loan', counts)
    test('brings memory in without changing it, where it can', prefaults)
    test('never lends a byte twice, whatever the order', (allocator) => {
      options.fc.assert(property(options.fc, allocator), { numRuns: 50 })
    })
  })
}

function lendsExactly(allocator: Allocator): void {
  for (const byteLength of [1, 63, 64, 4095, 4096, 4097, 100_000]) {
    const lease = allocator.allocate(byteLength)
    assert.equal(lease.byteLength, byteLength)
    assert.equal(lease.bytes.byteLength, byteLength)
    const shared = lease.bytes.buffer instanceof SharedArrayBuffer
    assert.equal(lease.shared, shared)
    lease.release()
  }
}

function aligns(allocator: Allocator): void {
  const leases = [1, 2, 8, 64, 512, 4096].map((alignment) => {
    const lease = allocator.allocate(100, { alignment })
    assert.equal(lease.bytes.byteOffset % alignment, 0, `alignment ${alignment}`)
    return lease
  })
  for (const lease of leases) lease.release()
}

function zeroes(allocator: Allocator): void {
  for (let round = 0; round < 3; round += 1) {
    const lease = allocator.allocate(5000, { zero: true })
    assert.ok(lease.bytes.every((byte) => byte === 0))
    lease.bytes.fill(0xff)
    lease.release()
  }
}

function refusesAfterRelease(allocator: Allocator): void {
  const lease = allocator.allocate(64)
  assert.equal(lease.released, false)
  lease.release()
  assert.equal(lease.released, true)
  assert.throws(() => lease.release())
  assert.throws(() => lease.bytes)
  assert.equal(allocator.stats().leaseCount, 0)
}

function keepsLimit(allocator: Allocator): void {
  const leases: Lease[] = []
  const size = Math.floor(allocator.bytesMax / 8)
  const fill = (): void => {
    for (let i = 0; i < 9; i += 1) leases.push(allocator.allocate(size))
  }
  assert.throws(fill, { code: 'SLUICE_LIMIT_EXCEEDED' })
  assert.ok(leases.length > 0, 'an eighth of the limit fits at least once')
  const before = allocator.stats()
  assert.throws(() => allocator.allocate(allocator.bytesMax + 1), { code: 'SLUICE_LIMIT_EXCEEDED' })
  assert.equal(allocator.stats().leasedBytes, before.leasedBytes)
  leases.pop()?.release()
  leases.push(allocator.allocate(size))
  for (const lease of leases) lease.release()
  assert.equal(allocator.stats().leasedBytes, 0)
}

function refusesNonsense(allocator: Allocator): void {
  for (const byteLength of [-1, 0.5, Number.NaN, Number.POSITIVE_INFINITY]) {
    const rule = `allocate must throw for byteLength ${byteLength}: only integers are sizes`
    assert.throws(() => allocator.allocate(byteLength), rule)
  }
  for (const alignment of [0, 3, -8, 0.5, Number.NaN]) {
    const rule = `allocate must throw for alignment ${alignment}: it is no power of two`
    assert.throws(() => allocator.allocate(8, { alignment }), rule)
  }
  assert.equal(allocator.stats().leaseCount, 0, 'what is refused must lend nothing')
}

function counts(allocator: Allocator): void {
  const leases = [allocator.allocate(1000), allocator.allocate(2000)]
  const { leasedBytes, leaseCount, backing } = allocator.stats()
  assert.ok(backing.length > 0)
  assert.ok(leasedBytes >= 3000)
  assert.equal(leaseCount, 2)
  for (const lease of leases) lease.release()
  assert.equal(allocator.stats().leaseCount, 0)
  assert.equal(allocator.stats().leasedBytes, 0)
}

async function prefaults(allocator: Allocator): Promise<void> {
  const lease = allocator.allocate(70_000)
  lease.bytes.fill(7)
  await allocator.prefault?.(lease)
  assert.ok(lease.bytes.every((byte) => byte === 7))
  lease.release()
}

/** What the model knows of a loan: its bytes all have one value. */
interface Loan {
  readonly lease: Lease
  readonly mark: number
}

interface Model {
  readonly loans: Loan[]
  nextMark: number
}

type AllocatorCommand = fc.Command<Model, Allocator>

/** Lends, and marks every byte of the loan. */
class AllocateCommand implements AllocatorCommand {
  readonly #byteLength: number
  readonly #alignment: number

  constructor(byteLength: number, alignment: number) {
    this.#byteLength = byteLength
    this.#alignment = alignment
  }

  check(): boolean {
    return true
  }

  run(model: Model, allocator: Allocator): void {
    const options = { alignment: this.#alignment }
    let lease: Lease
    try {
      lease = allocator.allocate(this.#byteLength, options)
    } catch (error) {
      assert.equal((error as { code?: unknown }).code, 'SLUICE_LIMIT_EXCEEDED')
      return
    }
    const mark = (model.nextMark % 255) + 1
    model.nextMark += 1
    assert.equal(lease.bytes.byteOffset % this.#alignment, 0)
    lease.bytes.fill(mark)
    model.loans.push({ lease, mark })
    checkAgainst(model, allocator)
  }

  toString(): string {
    return `allocate(${this.#byteLength}, { alignment: ${this.#alignment} })`
  }
}

/** Ends a loan, after a look whether anybody else has written to it. */
class ReleaseCommand implements AllocatorCommand {
  readonly #pick: number

  constructor(pick: number) {
    this.#pick = pick
  }

  check(model: Readonly<Model>): boolean {
    return model.loans.length > 0
  }

  run(model: Model, allocator: Allocator): void {
    const [loan] = model.loans.splice(this.#pick % model.loans.length, 1)
    assert.ok(loan)
    checkMark(loan)
    loan.lease.release()
    checkAgainst(model, allocator)
  }

  toString(): string {
    return `release(${this.#pick})`
  }
}

function checkMark({ lease, mark }: Loan): void {
  assert.ok(
    lease.bytes.every((byte) => byte === mark),
    'the bytes of a loan were changed by another',
  )
}

function checkAgainst(model: Model, allocator: Allocator): void {
  const { leaseCount, leasedBytes, idleBytes, bytesMax } = allocator.stats()
  const asked = model.loans.reduce((sum, { lease }) => sum + lease.byteLength, 0)
  assert.equal(leaseCount, model.loans.length)
  assert.ok(leasedBytes >= asked)
  assert.ok(leasedBytes + idleBytes <= bytesMax, 'memory stays under its limit')
}

function property(fastCheck: typeof fc, allocator: Allocator): fc.IProperty<unknown> {
  const byteLength = fastCheck.oneof(
    fastCheck.integer({ min: 1, max: 10_000 }),
    fastCheck.integer({ min: 1, max: Math.floor(allocator.bytesMax / 3) }),
  )
  const alignment = fastCheck.constantFrom(1, 64, 4096)
  const commands = fastCheck.commands([
    fastCheck
      .tuple(byteLength, alignment)
      .map(([bytes, align]) => new AllocateCommand(bytes, align)),
    fastCheck.nat(1000).map((pick) => new ReleaseCommand(pick)),
  ])
  return fastCheck.property(commands, (list) => {
    const model: Model = { loans: [], nextMark: 0 }
    try {
      fastCheck.modelRun(() => ({ model, real: allocator }), list)
      for (const loan of model.loans) checkMark(loan)
    } finally {
      for (const { lease } of model.loans) lease.release()
    }
  })
}
