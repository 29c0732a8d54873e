import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { writeCheckedJson } from '../../../src/checked-json.js'
import {
  type ManifestEntry,
  readManifest,
  writeManifest,
} from '../../../src/database/checkpoint/manifest.js'
import { CorruptionError } from '../../../src/errors.js'
import { crc32c } from '../../../src/kernels/scalar/crc32c.js'
import { temporaryDirectory } from '../../support/temporary-directory.js'

const newer = { number: 4, lsn: 2n ** 63n - 1n, byteLength: 900 }
const older = { number: 2, lsn: 7n, byteLength: 800 }

const entries: fc.Arbitrary<readonly ManifestEntry[]> = fc
  .tuple(
    fc.uniqueArray(fc.integer({ min: 1, max: 0xffff_ffff }), { maxLength: 2 }),
    fc.tuple(fc.bigInt(0n, 2n ** 63n - 1n), fc.bigInt(0n, 2n ** 63n - 1n)),
    fc.tuple(fc.maxSafeNat(), fc.maxSafeNat()),
  )
  .map(([numbers, [a, b], byteLengths]) => {
    const lsns = a > b ? [a, b] : [b, a]
    numbers.sort((x, y) => y - x)
    return numbers.map((number, i) => {
      return { number, lsn: lsns[i] ?? 0n, byteLength: byteLengths[i] ?? 0 }
    })
  })

describe('a manifest', () => {
  it('names what was written, newest first', async () => {
    const path = join(await temporaryDirectory(), 'manifest.json')
    await fc.assert(
      fc.asyncProperty(entries, async (given) => {
        await writeManifest(path, given, crc32c)
        expect(await readManifest(path, crc32c)).toEqual(given)
      }),
    )
  })

  it('is a line of JSON, with nothing in it but what it must say', async () => {
    const path = join(await temporaryDirectory(), 'manifest.json')
    const given = [{ ...newer, segments: new Map() }, older]
    await writeManifest(path, given, crc32c)
    const body =
      '{"format":1,"checkpoints":[{"number":4,"lsn":"9223372036854775807","byteLength":900},' +
      '{"number":2,"lsn":"7","byteLength":800}]'
    const crc = crc32c(new TextEncoder().encode(`${body}}`))
    const hex = crc.toString(16).padStart(8, '0')
    expect(await readFile(path, 'utf8')).toBe(`${body},"crc32c":"${hex}"}\n`)
  })

  it('names nothing where there is none', async () => {
    const path = join(await temporaryDirectory(), 'manifest.json')
    expect(await readManifest(path, crc32c)).toEqual([])
  })

  it('is refused with any byte changed', async () => {
    const path = join(await temporaryDirectory(), 'manifest.json')
    await writeManifest(path, [newer, older], crc32c)
    const good = await readFile(path)
    for (let at = 0; at < good.length - 1; at++) {
      const bad = Buffer.from(good)
      bad[at] = (bad[at] ?? 0) ^ 1
      await writeFile(path, bad)
      await expect(readManifest(path, crc32c)).rejects.toBeInstanceOf(CorruptionError)
    }
  })

  it('is refused when its values are wrong, though its checksum is right', async () => {
    const path = join(await temporaryDirectory(), 'manifest.json')
    const first = { number: 4, lsn: '9', byteLength: 900 }
    const second = { number: 2, lsn: '7', byteLength: 800 }
    const wrong: readonly unknown[] = [
      undefined,
      {},
      [null],
      [[]],
      [first, first],
      [second, first],
      [first, second, { ...second, number: 1 }],
      [first, { ...second, lsn: '10' }],
      ...[0, -1, 1.5, 2 ** 32, '4'].map((number) => [{ ...first, number }]),
      ...['', '-1', '01', 'x', '9223372036854775808', 9].map((lsn) => [{ ...first, lsn }]),
      ...[-1, 0.5, 2 ** 53, '1', null].map((byteLength) => [{ ...first, byteLength }]),
    ]
    for (const checkpoints of wrong) {
      await writeCheckedJson(path, { checkpoints }, { format: 1, crc32c })
      const reading = readManifest(path, crc32c)
      await expect(reading, JSON.stringify(checkpoints)).rejects.toMatchObject({
        code: 'SLUICE_CORRUPT',
        details: { file: path },
      })
    }
  })

  it('of a later format is refused as such', async () => {
    const path = join(await temporaryDirectory(), 'manifest.json')
    await writeCheckedJson(path, { checkpoints: [] }, { format: 2, crc32c })
    await expect(readManifest(path, crc32c)).rejects.toMatchObject({
      code: 'SLUICE_UNSUPPORTED_FORMAT',
    })
  })

  it('is not replaced by one that could not be read back', async () => {
    const path = join(await temporaryDirectory(), 'manifest.json')
    await writeManifest(path, [newer], crc32c)
    await expect(writeManifest(path, [older, newer], crc32c)).rejects.toMatchObject({
      code: 'SLUICE_INTERNAL',
    })
    expect(await readManifest(path, crc32c)).toEqual([newer])
  })

  it('that cannot be written is an error of the file system', async () => {
    const path = join(await temporaryDirectory(), 'manifest.json')
    await mkdir(path)
    await expect(writeManifest(path, [newer], crc32c)).rejects.toMatchObject({
      name: 'StorageError',
      details: { file: path },
    })
  })
})
