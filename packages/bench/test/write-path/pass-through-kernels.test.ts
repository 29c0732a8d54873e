import { describe, expect, it } from 'vitest'
import { createPassThroughKernels } from '../../src/write-path/pass-through-kernels.js'

describe('createPassThroughKernels', () => {
  it('neither checks nor copies rows', () => {
    const target = new Uint8Array(8)
    const source = new Uint8Array(Float32Array.of(Number.NaN, 1).buffer)
    const task = { dtype: 'float32', dimension: 2, source, target, rowCount: 1, crc: 0 } as const
    expect(createPassThroughKernels().ingest(task)).toEqual({ firstBadRow: -1, crc: 0 })
    expect(target).toEqual(new Uint8Array(8))
  })

  it('checksums as RFC 3720 says, in one piece or two', () => {
    const { crc32c } = createPassThroughKernels()
    // RFC 3720, appendix B.4.
    expect(crc32c(new Uint8Array(32))).toBe(0x8a9136aa)
    expect(crc32c(new Uint8Array(32).fill(255))).toBe(0x62a8ab43)
    const ascending = Uint8Array.from({ length: 32 }, (_, i) => i)
    expect(crc32c(ascending)).toBe(0x46dd794e)
    expect(crc32c(ascending.subarray(9), crc32c(ascending.subarray(0, 9)))).toBe(0x46dd794e)
  })
})
