/** What the native kernels say of wrong arguments: as much as the scalar ones, often the same. */

import type { CodeSpace, KernelProvider } from '@sluice/core'
import { describe, expect, it } from 'vitest'
import { scalarKernels } from '../../core/src/kernels/scalar/scalar-kernels.js'
import { createNativeKernels, nativeStatus } from '../src/index.js'

const task = {
  metric: 'l2',
  dtype: 'float32',
  dimension: 4,
  query: new Uint8Array(16),
  rows: new Uint8Array(160),
} as const

const space: CodeSpace = {
  metric: 'l2',
  dtype: 'float32',
  dimension: 4,
  mean: new Float32Array(4),
  signs: new Float32Array(128),
}

const means = {
  space,
  rows: task.rows,
  lists: new Uint32Array(10),
  sums: new Float64Array(8),
  counts: new Uint32Array(2),
}

const ingest = { dtype: 'float32', dimension: 4, rowCount: 2, crc: 0 } as const
const bytes = (length: number): Uint8Array => new Uint8Array(length)
const numbers = (length: number): Float64Array => new Float64Array(length)
const ids = Uint32Array.of(3, 10)

type Call = (kernels: KernelProvider) => unknown

function messageOf(kernels: KernelProvider, call: Call): string {
  try {
    call(kernels)
  } catch (error) {
    expect(error).toMatchObject({ code: 'SLUICE_INVALID_ARGUMENT' })
    return error instanceof Error ? error.message : String(error)
  }
  return 'nothing was refused'
}

const same: readonly (readonly [message: string, call: Call])[] = [
  [
    'metric hamming does not go with dtype float32',
    (kernels) => kernels.distances({ ...task, metric: 'hamming' }, ids, numbers(2)),
  ],
  [
    'metric dot does not go with dtype bit',
    (kernels) => kernels.distances({ ...task, metric: 'dot', dtype: 'bit' }, ids, numbers(2)),
  ],
  [
    'metric hamming does not go with dtype complex64',
    (kernels) =>
      kernels.buildTables(
        { ...space, metric: 'hamming', dtype: 'complex64' },
        bytes(32),
        bytes(256),
      ),
  ],
  [
    'query.byteLength must be 16, not 15',
    (kernels) => kernels.distances({ ...task, query: bytes(15) }, ids, numbers(2)),
  ],
  ['rowIds[1] is 10, but there are 10 rows', (kernels) => kernels.distances(task, ids, numbers(2))],
  [
    'target.byteLength must be 32, not 31',
    (kernels) => kernels.ingest({ ...ingest, source: bytes(32), target: bytes(31) }),
  ],
  [
    'mean.length must be 4, not 5',
    (kernels) =>
      kernels.buildTables({ ...space, mean: new Float32Array(5) }, bytes(16), bytes(256)),
  ],
  [
    'tables.byteLength must be 256, not 255',
    (kernels) => kernels.buildTables(space, bytes(16), bytes(255)),
  ],
  ['block.byteLength must be 768, not 767', (kernels) => kernels.packBlock(bytes(256), bytes(767))],
  [
    'sums.length must be 8, not 9',
    (kernels) => kernels.accumulateMeans({ ...means, sums: numbers(9) }),
  ],
  [
    'lists[1] is 2, but there are 2 lists',
    (kernels) => {
      kernels.accumulateMeans({ ...means, lists: Uint32Array.of(1, 2, 0, 0, 0, 0, 0, 0, 0, 0) })
    },
  ],
]

const different: readonly (readonly [message: string, call: Call])[] = [
  [
    'out.length must be at least 2, not 1',
    (kernels) => kernels.distances(task, Uint32Array.of(0, 1), numbers(1)),
  ],
  [
    'from + out.length must be at most 10, not 12',
    (kernels) => kernels.distancesRange(task, 7, numbers(5)),
  ],
  [
    'rows must hold whole rows of 16 bytes, not 161 bytes',
    (kernels) => kernels.accumulateMeans({ ...means, rows: bytes(161) }),
  ],
]

describe.skipIf(!nativeStatus().available)('a wrong argument of native kernels', () => {
  for (const [message, call] of same) {
    it(`is refused in the words of the scalar kernels: ${message}`, () => {
      expect(messageOf(scalarKernels, call)).toBe(message)
      expect(messageOf(createNativeKernels(scalarKernels), call)).toBe(message)
    })
  }

  for (const [message, call] of different) {
    it(`is refused with what was expected and what came: ${message}`, () => {
      expect(messageOf(scalarKernels, call)).not.toBe('nothing was refused')
      expect(messageOf(createNativeKernels(scalarKernels), call)).toBe(message)
    })
  }
})
