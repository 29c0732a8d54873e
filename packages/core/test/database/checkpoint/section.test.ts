import { join } from 'node:path'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { BlockFileReader, writeBlockFile } from '../../../src/database/checkpoint/block-file.js'
import {
  encodeSectionHeader,
  type SectionHeader,
  SectionReader,
  sectionPadding,
} from '../../../src/database/checkpoint/section.js'
import { crc32c } from '../../../src/kernels/scalar/crc32c.js'
import { temporaryDirectory } from '../../support/temporary-directory.js'

const options = { number: 1, crc32c }

type Section = SectionHeader & { readonly body: Uint8Array }

async function withStream<T>(
  chunks: readonly Uint8Array[],
  read: (sections: SectionReader, path: string) => Promise<T>,
): Promise<T> {
  const path = join(await temporaryDirectory(), 'some.file')
  await writeBlockFile(path, chunks, options)
  const blocks = await BlockFileReader.open(path, options)
  try {
    return await read(new SectionReader(blocks), path)
  } finally {
    await blocks.close()
  }
}

function encoded(section: Section): Uint8Array[] {
  return [encodeSectionHeader(section), section.body, sectionPadding(section.byteLength)]
}

function sectionOf(byteLength: number, collectionId = 4): Section {
  const body = Uint8Array.from({ length: byteLength }, (_, i) => i % 251)
  return { kind: 'alive', collectionId, byteLength, body }
}

/** A section with its header changed. */
function changed(section: Section, change: (view: DataView) => void): Uint8Array[] {
  const [header = new Uint8Array(0), ...rest] = encoded(section)
  change(new DataView(header.buffer))
  return [header, ...rest]
}

const sections = fc.array(
  fc
    .record({
      kind: fc.constantFrom('database', 'collection', 'segments', 'alive', 'times'),
      collectionId: fc.integer({ min: 0, max: 0xffff_ffff }),
      body: fc.oneof(
        fc.uint8Array({ maxLength: 50 }),
        fc.nat({ max: 150_000 }).map((length) => sectionOf(length).body),
      ),
    })
    .map((section): Section => ({ ...section, byteLength: section.body.length })),
  { maxLength: 6 },
)

describe('sections', () => {
  it('come back in order, whether they are read or passed over', async () => {
    const property = fc.asyncProperty(sections, fc.nat({ max: 63 }), async (given, skipped) => {
      await withStream(given.flatMap(encoded), async (reader) => {
        for (const [i, { body, ...header }] of given.entries()) {
          expect(await reader.advance()).toEqual(header)
          if (((skipped >> i) & 1) === 1) continue
          const half = body.length >> 1
          const halves = [await reader.read(half), await reader.read(body.length - half)]
          expect(Buffer.concat(halves).equals(body)).toBe(true)
        }
        expect(await reader.advance()).toBeUndefined()
        expect(reader.current).toBeUndefined()
      })
    })
    await fc.assert(property, { numRuns: 40 })
  })

  it('start at multiples of 8', () => {
    for (const byteLength of [0, 1, 7, 8, 9]) {
      expect((byteLength + sectionPadding(byteLength).length) % 8).toBe(0)
    }
  })

  it('that are unknown are passed over', async () => {
    const unknown = [
      changed(sectionOf(13), (view) => view.setUint32(0, 900, true)),
      changed(sectionOf(70_000), (view) => view.setUint16(2, 2, true)),
      changed(sectionOf(5), (view) => view.setUint16(0, 0, true)),
    ]
    for (const chunks of unknown)
      new DataView(chunks[0]?.buffer ?? new ArrayBuffer(0)).setUint32(4, 0)
    const chunks = [...unknown.flat(), ...encoded(sectionOf(3))]
    await withStream(chunks, async (reader) => {
      expect(await reader.advance()).toEqual({ kind: 'alive', collectionId: 4, byteLength: 3 })
      expect(Array.from(await reader.read(3))).toEqual([0, 1, 2])
    })
  })

  it('that are unknown and required are refused as a later format', async () => {
    const changes: ((view: DataView) => void)[] = [
      (view) => view.setUint16(0, 900, true),
      (view) => view.setUint16(2, 2, true),
      (view) => view.setUint32(4, 3, true),
    ]
    for (const change of changes) {
      const chunks = [...encoded(sectionOf(8)), ...changed(sectionOf(8), change)]
      await withStream(chunks, async (reader, file) => {
        await reader.advance()
        await expect(reader.advance()).rejects.toMatchObject({
          code: 'SLUICE_UNSUPPORTED_FORMAT',
          details: { file, offset: 24 + 32 },
        })
      })
    }
  })

  it('are never read beyond their end, nor beyond the file, nor with a wrong header', async () => {
    await withStream(encoded(sectionOf(10)), async (reader) => {
      await reader.advance()
      await expect(reader.read(11)).rejects.toMatchObject({ code: 'SLUICE_CORRUPT' })
    })
    for (const claimed of [17n, 2n ** 32n, 2n ** 52n, 2n ** 64n - 1n]) {
      const chunks = changed(sectionOf(16), (view) => view.setBigUint64(16, claimed, true))
      await withStream(chunks, async (reader, file) => {
        await expect(reader.advance()).rejects.toMatchObject({
          code: 'SLUICE_CORRUPT',
          details: { file, offset: 24 },
        })
      })
    }
    const nonzero = changed(sectionOf(16), (view) => view.setUint32(12, 1, true))
    await withStream(nonzero, async (reader) => {
      await expect(reader.advance()).rejects.toMatchObject({ code: 'SLUICE_CORRUPT' })
    })
    await withStream([new Uint8Array(23)], async (reader) => {
      await expect(reader.advance()).rejects.toMatchObject({ code: 'SLUICE_CORRUPT' })
    })
  })
})
