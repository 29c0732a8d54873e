/** How searches go through rows that are in no list: by codes as long as these are of use. */

import { describe, expect, it } from 'vitest'
import type { KernelProvider } from '../../src/index.js'
import { selectKernels } from '../../src/kernels/select.js'
import { IndexedRows } from './indexed-rows.js'
import { makeRows, Numbers, VECTOR_SETS, type VectorSet } from './vector-sets.js'

const ROWS = 20_000
/** The first call scans so many rows, whatever the clock says. */
const FIRST_CALL = 4096

/** What a search did: rows that it went through, in the order of its kernel calls. */
interface Calls {
  readonly codes: number[]
  readonly rows: number[]
}

interface Shape {
  readonly k: number
  readonly dimension: number
}

/** The kernels of this machine, and what they are called for. */
async function counted(): Promise<{ readonly kernels: KernelProvider; readonly calls: Calls }> {
  const kernels = await selectKernels('auto')
  const calls: Calls = { codes: [], rows: [] }
  const counting: Partial<KernelProvider> = {
    searchLists: (search, heap) => {
      const outcome = kernels.searchLists(search, heap)
      calls.codes.push(outcome.scanned)
      return outcome
    },
    nearest: (task, range, heap) => {
      calls.rows.push(range.to - range.from)
      kernels.nearest(task, range, heap)
    },
  }
  const handler: ProxyHandler<KernelProvider> = {
    get: (target, name) => {
      const key = name as keyof KernelProvider
      const value: unknown = counting[key] ?? target[key]
      return typeof value === 'function' ? value.bind(target) : value
    },
  }
  return { kernels: new Proxy(kernels, handler), calls }
}

async function callsOf(set: VectorSet, { k, dimension }: Shape): Promise<Calls> {
  const { kernels, calls } = await counted()
  const rows = await IndexedRows.create({ dtype: 'float32', dimension, metric: 'cosine' }, kernels)
  const options = { rowCount: ROWS, width: dimension, numbers: new Numbers(7) }
  const vectors = Float32Array.from(makeRows(VECTOR_SETS[set](), options))
  await rows.add(vectors)
  await rows.search(vectors.slice(0, dimension), { k, recall: 0.99 })
  return calls
}

const sum = (numbers: readonly number[]): number => numbers.reduce((a, b) => a + b, 0)

describe('a scan of codes', () => {
  it('goes on to the end where codes rule out most rows', async () => {
    const calls = await callsOf('clustered', { k: 10, dimension: 128 })
    expect(calls.codes[0]).toBe(FIRST_CALL)
    expect([sum(calls.codes), sum(calls.rows)]).toEqual([ROWS, 0])
  })

  it('does so for large answers, though all rows are compared until they are full', async () => {
    const calls = await callsOf('clustered', { k: 300, dimension: 128 })
    expect([sum(calls.codes), sum(calls.rows)]).toEqual([ROWS, 0])
  })

  it('gives codes up where they rule out few rows, and compares all that are left', async () => {
    const calls = await callsOf('gaussian', { k: 200, dimension: 64 })
    expect(calls.codes).toEqual([FIRST_CALL, FIRST_CALL])
    expect(sum(calls.rows)).toBe(ROWS - 2 * FIRST_CALL)
  })
})
