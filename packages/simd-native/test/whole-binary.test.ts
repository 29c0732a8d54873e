import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { whyNotWhole } from '../src/whole-binary.js'

let folder: string

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'sluice-whole-'))
})

afterAll(() => {
  rmSync(folder, { recursive: true })
})

function judge(bytes: Uint8Array): string | undefined {
  const path = join(folder, 'file')
  writeFileSync(path, bytes)
  return whyNotWhole(path)
}

interface Layout {
  readonly size: number
  /** Where the loaded segment ends. */
  readonly segmentEnd: number
  /** Where the table of sections starts, of two sections; 0 when it was stripped. */
  readonly sections: number
}

const SECTIONS_BYTES = 128

/** An ELF file with a segment that is loaded and, before it, one that is not and claims more. */
function makeElf({ size, segmentEnd, sections }: Layout): Uint8Array {
  const bytes = Buffer.alloc(64 + 2 * 56 + size)
  bytes.write('\x7fELF\x02\x01', 'latin1')
  bytes.writeBigUInt64LE(64n, 0x20)
  bytes.writeUInt16LE(2, 0x38)
  bytes.writeUInt32LE(4, 64)
  bytes.writeBigUInt64LE(1n << 40n, 64 + 32)
  const loaded = 64 + 56
  bytes.writeUInt32LE(1, loaded)
  bytes.writeBigUInt64LE(100n, loaded + 8)
  bytes.writeBigUInt64LE(BigInt(segmentEnd - 100), loaded + 32)
  if (sections > 0) {
    bytes.writeBigUInt64LE(BigInt(sections), 0x28)
    bytes.writeUInt16LE(SECTIONS_BYTES / 2, 0x3a)
    bytes.writeUInt16LE(2, 0x3c)
  }
  return bytes.subarray(0, size)
}

describe('a file of a shared object', () => {
  it('is whole when its segment and its sections end in it', () => {
    const layout = { segmentEnd: 900, sections: 1000 }
    expect(judge(makeElf({ ...layout, size: 1128 }))).toBeUndefined()
    expect(judge(makeElf({ ...layout, size: 1127 }))).toBe('it is cut off: 1127 of 1128 bytes')
  })

  it('without sections is whole when its segment ends in it', () => {
    expect(judge(makeElf({ size: 900, segmentEnd: 900, sections: 0 }))).toBeUndefined()
    expect(judge(makeElf({ size: 899, segmentEnd: 900, sections: 0 }))).toBe(
      'it is cut off: 899 of 900 bytes',
    )
  })

  it('is whole exactly when nothing that it claims is missing', () => {
    const layouts = fc.record({
      size: fc.integer({ min: 64, max: 3000 }),
      segmentEnd: fc.integer({ min: 200, max: 2500 }),
      sections: fc.oneof(fc.constant(0), fc.integer({ min: 176, max: 2500 })),
    })
    fc.assert(
      fc.property(layouts, (layout) => {
        const { size, segmentEnd, sections } = layout
        const isTableWhole = size >= 64 + 2 * 56
        const isWhole =
          isTableWhole &&
          size >= segmentEnd &&
          (sections === 0 || size >= sections + SECTIONS_BYTES)
        expect(judge(makeElf(layout)) === undefined).toBe(isWhole)
      }),
    )
  })

  it('of another format, or too short to tell, is for the loader to judge', () => {
    const others = ['', '\x7fELF\x02\x01', 'no shared object'.repeat(10), 'MZ', '\xcf\xfa\xed\xfe']
    for (const text of others) expect(judge(Buffer.from(text, 'latin1'))).toBeUndefined()
    const wordSize32 = makeElf({ size: 500, segmentEnd: 900, sections: 0 })
    wordSize32[4] = 1
    expect(judge(wordSize32)).toBeUndefined()
  })
})
