/** Does each operation to a real collection and to the reference, and compares what they say. */

import { expect } from 'vitest'
import {
  type Batch,
  type Collection,
  type Database,
  type Durability,
  type OpenOptions,
  open,
  type StoredSchema,
} from '../../src/index.js'
import type { Operation, RowPlan } from './operations.js'
import { Reference, type ReferenceRow, referenceDistance } from './reference.js'

/** What names rows in a run. */
export type Naming = 'u64' | 'string' | 'assigned'

/** One run of the model. */
export interface Setup {
  readonly openOptions: OpenOptions
  readonly schema: StoredSchema
  readonly naming: Naming
  /** Numbers in a row: twice the dimension for complex dtypes. */
  readonly width: number
  /** Whether vectors hold values that are not finite somewhere in their type. */
  readonly isFloat: boolean
}

/** A real collection beside its reference. */
export class Driver {
  readonly #setup: Setup
  #reference = new Reference()
  #database: Database | undefined
  #collection: Collection | undefined

  constructor(setup: Setup) {
    this.#setup = setup
  }

  async start(): Promise<void> {
    this.#database = await open(this.#setup.openOptions)
    this.#collection = await this.#database.collection('docs', this.#setup.schema)
  }

  async stop(): Promise<void> {
    await this.#database?.close()
  }

  /** Does one operation and compares. */
  async run(operation: Operation): Promise<void> {
    switch (operation.kind) {
      case 'add':
        return this.#add(operation.rows)
      case 'upsert':
        return this.#upsert(operation.rows, 'disk')
      case 'memoryWrite':
        return this.#upsert(operation.rows, 'memory')
      case 'osWrite':
        return this.#upsert(operation.rows, 'os')
      case 'ingest':
        return this.#ingest(operation.rows)
      case 'concurrent':
        return this.#concurrent(operation.batches)
      case 'addNonFinite':
      case 'addAborted':
      case 'addRagged':
        return this.#refused(operation.kind, operation.rows)
      case 'delete':
        return this.#delete(operation.keys)
      case 'get':
        return this.#get(operation.keys)
      case 'iterateAfter':
        return this.#iterateAfter(operation.key)
      case 'search':
        return this.#search(operation.vector, operation.k, false)
      case 'searchMinScore':
        return this.#search(operation.vector, operation.k, true)
      case 'reserve':
        return this.#docs.reserve(operation.rowCount)
      case 'reopen':
        return this.#reopen()
      case 'dropAndCreate':
        return this.#dropAndCreate()
      case 'flush':
        return void (await this.#database?.flush())
      case 'checkpoint':
        return this.#database?.checkpoint()
      default:
        return this.compareAll()
    }
  }

  /** Compares count, stats and every row in order. */
  async compareAll(): Promise<void> {
    const expected = this.#reference.rows.map((row) => this.#present(row))
    expect(await this.#docs.count()).toBe(expected.length)
    expect(this.#docs.stats().rows).toBe(expected.length)
    const actual = []
    for await (const row of this.#docs.iterate({ include: ['metadata', 'vector'] })) {
      actual.push({ ...row, vector: this.#unpack(row.vector) })
    }
    expect(actual).toEqual(expected)
  }

  get #docs(): Collection {
    if (!this.#collection) throw new Error('not started')
    return this.#collection
  }

  async #add(plans: readonly RowPlan[]): Promise<void> {
    const rows = this.#rowsOf(plans)
    const ids = rows.map((row) => row.id)
    const isRefused = new Set(ids).size < ids.length || ids.some((id) => this.#reference.has(id))
    if (isRefused) {
      await expect(this.#docs.add(this.#batch(rows))).rejects.toMatchObject({
        code: 'SLUICE_DUPLICATE_ID',
      })
      return
    }
    const result = await this.#docs.add(this.#batch(rows))
    this.#reference.upsert(rows)
    this.#reference.nextId += rows.length
    expect(result).toMatchObject({ rows: rows.length, inserted: rows.length, updated: 0 })
    if (this.#setup.naming === 'assigned' && rows.length > 0) {
      expect(result.firstId).toBe(rows[0]?.id)
    }
  }

  async #upsert(plans: readonly RowPlan[], durability: Durability): Promise<void> {
    const rows = this.#rowsOf(plans)
    const result = await this.#docs.upsert(this.#batch(rows), { durability })
    const updated = this.#reference.upsert(rows)
    this.#reference.nextId += rows.length
    expect(result).toMatchObject({ rows: rows.length, inserted: rows.length - updated, updated })
  }

  async #ingest(plans: readonly RowPlan[]): Promise<void> {
    const rows = this.#rowsOf(plans)
    const half = rows.length >> 1
    const source = [rows.slice(0, half), rows.slice(half)].map((part) => this.#batch(part))
    const result = await this.#docs.ingest(source)
    const updated = this.#reference.upsert(rows)
    this.#reference.nextId += rows.length
    expect(result).toMatchObject({ rows: rows.length, updated })
  }

  /** Writers that do not wait for each other are applied in the order of their calls. */
  async #concurrent(batches: readonly (readonly RowPlan[])[]): Promise<void> {
    const calls = batches.map((plans) => {
      const rows = this.#rowsOf(plans)
      const call = this.#docs.upsert(this.#batch(rows))
      const updated = this.#reference.upsert(rows)
      this.#reference.nextId += rows.length
      return { call, updated, rows: rows.length }
    })
    const results = await Promise.all(calls.map(({ call }) => call))
    for (const [i, { updated, rows }] of calls.entries()) {
      expect(results[i]).toMatchObject({ rows, updated })
    }
  }

  async #refused(kind: string, plans: readonly RowPlan[]): Promise<void> {
    const { width } = this.#setup
    const rows = this.#rowsOf(plans.length > 0 ? plans : [{ key: 0, vector: [], tag: undefined }])
    const batch = this.#batch(rows)
    const vectors = rows.map((row) => [...row.vector, ...new Array(width).fill(0)])
    for (const vector of vectors) vector.length = width
    const last = vectors.at(-1)
    if (kind === 'addNonFinite' && last) last[0] = this.#setup.isFloat ? Number.NaN : 0.5
    if (kind === 'addRagged') last?.push(0)
    const signal = kind === 'addAborted' ? AbortSignal.abort() : undefined
    const call = this.#docs.add({ ...batch, vectors }, signal ? { signal } : {})
    await expect(call).rejects.toMatchObject({ code: expect.stringMatching(/^SLUICE_/) })
    await this.compareAll()
  }

  async #delete(keys: readonly number[]): Promise<void> {
    const ids = keys.map((key) => this.#idOf(key))
    const { deleted } = await this.#docs.delete({ ids: ids as bigint[] })
    expect(deleted).toBe(this.#reference.delete(ids))
  }

  async #get(keys: readonly number[]): Promise<void> {
    const ids = keys.map((key) => this.#idOf(key))
    const rows = await this.#docs.get(ids as bigint[], { include: ['metadata', 'vector'] })
    const actual = rows.map((row) => row && { ...row, vector: this.#unpack(row.vector) })
    const expected = ids.map((id) => {
      const row = this.#reference.get(id)
      return row && this.#present(row)
    })
    expect(actual).toEqual(expected)
  }

  async #iterateAfter(key: number): Promise<void> {
    const id = this.#idOf(key)
    const at = this.#reference.rows.findIndex((row) => row.id === id)
    const ids: unknown[] = []
    const walk = async (): Promise<void> => {
      for await (const row of this.#docs.iterate({ after: id })) ids.push(row.id)
    }
    if (at < 0) return expect(walk()).rejects.toMatchObject({ code: 'SLUICE_NOT_FOUND' })
    await walk()
    expect(ids).toEqual(this.#reference.rows.slice(at + 1).map((row) => row.id))
  }

  async #search(vector: readonly number[], k: number, withMinScore: boolean): Promise<void> {
    const { metric } = this.#setup.schema
    const ranked = this.#reference.rows
      .map((row) => ({ id: row.id, distance: referenceDistance(metric, vector, row.vector) }))
      .sort((a, b) => a.distance - b.distance)
    const score = (distance: number): number => (metric === 'cosine' ? 1 - distance : -distance)
    const middle = ranked[ranked.length >> 1]
    const minScore = withMinScore && middle ? score(middle.distance) - 1e-6 : undefined
    const expected = ranked
      .filter(({ distance }) => minScore === undefined || score(distance) >= minScore)
      .slice(0, k)
    const hits = await this.#docs.search({
      vector: vector as number[],
      k,
      exact: true,
      ...(minScore === undefined ? {} : { minScore }),
    })
    expect(hits.length).toBe(expected.length)
    for (const [rank, { id, distance }] of expected.entries()) {
      expect(hits.at(rank)?.distance).toBeCloseTo(distance, 4)
      expect(hits.at(rank)?.score).toBeCloseTo(score(distance), 4)
      // Sums of small integers are exact in every dtype, so ties are real and go by insertion.
      if (metric !== 'cosine') expect(hits.at(rank)?.id).toBe(id)
    }
  }

  async #reopen(): Promise<void> {
    await this.#database?.close()
    await this.start()
    await this.compareAll()
  }

  async #dropAndCreate(): Promise<void> {
    await this.#database?.dropCollection('docs')
    await expect(this.#docs.count()).rejects.toMatchObject({ code: 'SLUICE_NOT_FOUND' })
    this.#reference = new Reference()
    this.#collection = await this.#database?.collection('docs', this.#setup.schema)
  }

  #rowsOf(plans: readonly RowPlan[]): ReferenceRow[] {
    return plans.map(({ key, vector, tag }, i) => ({
      id: this.#setup.naming === 'assigned' ? BigInt(this.#reference.nextId + i) : this.#idOf(key),
      vector,
      metadata: tag === undefined ? undefined : { tag, name: `row ${key}` },
    }))
  }

  #batch(rows: readonly ReferenceRow[]): Batch {
    const { dtype } = this.#setup.schema
    const isWide = dtype === 'int64' || dtype === 'uint64'
    const vectors = rows.map((row) => (isWide ? row.vector.map(BigInt) : [...row.vector]))
    const metadata = rows.map((row) => row.metadata)
    const ids = rows.map((row) => row.id) as bigint[]
    const base = { vectors: vectors as number[][], metadata }
    return this.#setup.naming === 'assigned' ? base : { ...base, ids }
  }

  #idOf(key: number): bigint | string {
    if (this.#setup.naming === 'string') return `key-${key}-${'x'.repeat(key % 7)}`
    // Far apart, so that both halves of a u64 matter; close together where the collection assigns.
    return this.#setup.naming === 'u64' ? BigInt(key) << BigInt(key * 2) : BigInt(key + 1)
  }

  #present(row: ReferenceRow): Record<string, unknown> {
    const { id, vector, metadata } = row
    return { id, vector: [...vector], ...(metadata ? { metadata } : {}) }
  }

  /** Elements of a stored vector as numbers; the small integers used here survive every dtype. */
  #unpack(vector: unknown): number[] {
    const { dtype, dimension } = this.#setup.schema
    const elements = Array.from(vector as ArrayLike<number | bigint>, Number)
    if (dtype === 'bit') {
      return Array.from(
        { length: dimension },
        (_, i) => ((elements[i >> 3] ?? 0) >> (7 - (i & 7))) & 1,
      )
    }
    if (dtype === 'bfloat16') return elements.map((bits) => float32Of(bits << 16))
    if (dtype === 'float16') return elements.map(smallFloat16)
    return elements
  }
}

function float32Of(bits: number): number {
  return new Float32Array(Uint32Array.of(bits).buffer)[0] ?? Number.NaN
}

/** Decodes a normal float16 or zero (IEEE 754 binary16); enough for small integers. */
function smallFloat16(bits: number): number {
  if ((bits & 0x7fff) === 0) return 0
  const sign = bits & 0x8000 ? -1 : 1
  return sign * (1 + (bits & 0x3ff) / 1024) * 2 ** (((bits >> 10) & 31) - 15)
}
