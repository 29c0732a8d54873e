/**
 * Codes lie in index files, so their bits are a format: these checksums never change. Of 40 rows
 * and a query of every dtype and metric, at a dimension with padding and three runs.
 */

import { expect, it } from 'vitest'
import { COMBINATIONS } from '../../../../src/conformance/kernel-provider-data.js'
import type { CodeSpace } from '../../../../src/contract/code-kernels.js'
import { DTYPES, type Dtype } from '../../../../src/dtype.js'
import { crc32c } from '../../../../src/kernels/scalar/crc32c.js'
import { scalarKernels } from '../../../../src/kernels/scalar/scalar-kernels.js'
import type { Metric } from '../../../../src/metric.js'
import { bytesOf, encoded, rowsOf, spaceOf } from './code-data.js'

const GOLDEN: Readonly<Record<Dtype, Partial<Record<Metric, string>>>> = {
  float64: { cosine: 'cfe5ee7b', dot: 'df94dfd2', l2: '975425dd' },
  float32: { cosine: 'cfe5ee7b', dot: '12dbc701', l2: 'ee47742b' },
  float16: { cosine: '943d1575', dot: '9fa2eb8b', l2: '61f1b30d' },
  bfloat16: { cosine: '44b71e67', dot: 'b4587dc1', l2: '7873dd5f' },
  int64: { cosine: '2eb9c85b', dot: '86fbf6d0', l2: '58b40e61' },
  uint64: { cosine: '62d926ca', dot: 'fb95156d', l2: '5a6aa06e' },
  int32: { cosine: '8ad7d4a5', dot: '6f31352e', l2: 'ce746678' },
  uint32: { cosine: '36651167', dot: '66f86566', l2: '504d6ab3' },
  int16: { cosine: '6ec4f15f', dot: 'a014d276', l2: '4b2b013b' },
  uint16: { cosine: '8bd2f2b7', dot: 'd59dc182', l2: 'd40d0f67' },
  int8: { cosine: '0c292507', dot: '779ee9a8', l2: '04443351' },
  uint8: { cosine: '72a2ed38', dot: '3f3d2cb4', l2: '72472602' },
  complex128: { cosine: '838c8a60', dot: '425c9c80', l2: '4426c506' },
  complex64: { cosine: '838c8a60', dot: '24c5403d', l2: '4ba3a465' },
  bit: { hamming: '16177d49' },
}

/** crc32c of blocks, tables and the four terms as float32. */
function checksumOf(space: CodeSpace): string {
  const blocks = encoded(space, rowsOf(space, 40, 43))
  const tables = new Uint8Array(2 * space.signs.length)
  const terms = scalarKernels.buildTables(space, rowsOf(space, 1, 44), tables)
  const { scale, bias, norm, constant } = terms
  const numbers = bytesOf(Float32Array.of(scale, bias, norm, constant))
  return crc32c(numbers, crc32c(tables, crc32c(blocks)))
    .toString(16)
    .padStart(8, '0')
}

it('codes and tables are what they have always been', () => {
  const checksums = Object.fromEntries(DTYPES.map((dtype) => [dtype, {}])) as typeof GOLDEN
  for (const [dtype, metric] of COMBINATIONS) {
    checksums[dtype][metric] = checksumOf(spaceOf([dtype, metric], 181, 42))
  }
  expect(checksums).toEqual(GOLDEN)
})
