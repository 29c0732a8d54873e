import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { damagedFile, readCheckedJson, writeCheckedJson } from '../src/checked-json.js'
import { CorruptionError } from '../src/errors.js'
import { crc32c } from '../src/kernels/scalar/crc32c.js'
import { temporaryDirectory } from './support/temporary-directory.js'

const options = { format: 3, crc32c }

async function writtenFile(fields: Readonly<Record<string, unknown>>): Promise<string> {
  const path = join(await temporaryDirectory(), 'some.json')
  await writeCheckedJson(path, fields, options)
  return path
}

describe('a checked file', () => {
  it('is one line: the format, the fields, the checksum of what is before it', async () => {
    const path = await writtenFile({ b: 1, a: ['x'] })
    const crc = crc32c(new TextEncoder().encode('{"format":3,"b":1,"a":["x"]}'))
    const hex = crc.toString(16).padStart(8, '0')
    expect(await readFile(path, 'utf8')).toBe(`{"format":3,"b":1,"a":["x"],"crc32c":"${hex}"}\n`)
  })

  it('says what was written, whatever that was', async () => {
    const directory = await temporaryDirectory()
    const path = join(directory, 'some.json')
    const key = fc.stringMatching(/^[a-z]{1,8}$/).filter((name) => name !== 'format')
    await fc.assert(
      fc.asyncProperty(fc.dictionary(key, fc.jsonValue()), async (fields) => {
        await writeCheckedJson(path, fields, options)
        const { format, ...read } = (await readCheckedJson(path, options)) ?? {}
        expect(format).toBe(3)
        expect(JSON.stringify(read)).toBe(JSON.stringify(fields))
      }),
    )
  })

  it('is undefined where there is none', async () => {
    const path = join(await temporaryDirectory(), 'none.json')
    expect(await readCheckedJson(path, options)).toBeUndefined()
  })

  it('is refused with any bit of it flipped', async () => {
    const path = await writtenFile({ name: 'x', list: [1, 2] })
    const good = await readFile(path)
    for (let bit = 0; bit < (good.length - 1) * 8; bit++) {
      const bad = Buffer.from(good)
      bad[bit >> 3] = (bad[bit >> 3] ?? 0) ^ (1 << (bit & 7))
      await writeFile(path, bad)
      await expect(readCheckedJson(path, options)).rejects.toBeInstanceOf(CorruptionError)
    }
  })

  it('is refused when it is cut', async () => {
    const path = await writtenFile({ name: 'x' })
    const good = await readFile(path)
    for (let length = 0; length < good.length - 1; length++) {
      await writeFile(path, good.subarray(0, length))
      await expect(readCheckedJson(path, options)).rejects.toMatchObject({ code: 'SLUICE_CORRUPT' })
    }
  })

  it('of a later format is told from a damaged one', async () => {
    const path = await writtenFile({ name: 'x' })
    await expect(readCheckedJson(path, { format: 2, crc32c })).rejects.toMatchObject({
      code: 'SLUICE_UNSUPPORTED_FORMAT',
      details: { file: path, format: 3 },
    })
    await expect(readCheckedJson(path, { format: 4, crc32c })).rejects.toMatchObject({
      code: 'SLUICE_CORRUPT',
    })
  })

  it('that cannot be read is an error of the file system', async () => {
    const path = join(await temporaryDirectory(), 'directory')
    await mkdir(path)
    await expect(readCheckedJson(path, options)).rejects.toMatchObject({ code: 'SLUICE_IO' })
  })
})

describe('damagedFile', () => {
  it('names the file', () => {
    expect(damagedFile('/a/b')).toMatchObject({
      code: 'SLUICE_CORRUPT',
      message: '/a/b is damaged',
      details: { file: '/a/b', offset: 0 },
    })
  })
})
