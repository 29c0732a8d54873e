import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { encodeFloat16 } from '@sluice/core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { UsageError } from '../../src/usage-error.js'
import { dtypeOfFile, readVectorFile } from '../../src/vectors/vector-file.js'

describe('files of vectors', () => {
  const numbers = Float32Array.of(0.5, -1, 2, 0.25, 8, -0.125)
  let directory = ''
  let single = ''
  let half = ''
  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), 'sluice-vectors-'))
    single = join(directory, 'rows.f32')
    half = join(directory, 'rows.f16')
    const halves = new Uint16Array(numbers.length)
    encodeFloat16(numbers, halves)
    await writeFile(single, numbers)
    await writeFile(half, halves)
  })
  afterAll(() => rm(directory, { recursive: true }))

  it('tells their dtype by their names', () => {
    expect([dtypeOfFile('a/b.f32'), dtypeOfFile('b.f16')]).toEqual(['float32', 'float16'])
    expect(() => dtypeOfFile('rows.npy')).toThrow(UsageError)
  })

  it('reads the first rows', async () => {
    const bytes = await readVectorFile(single, 'float32', 2, 2)
    expect(new Float32Array(bytes.buffer)).toEqual(numbers.subarray(0, 4))
    expect(await readVectorFile(single, 'float32', 3, 100)).toHaveLength(24)
    expect(await readVectorFile(half, 'float16', 3, 100)).toHaveLength(12)
  })

  it('widens half floats', async () => {
    const bytes = await readVectorFile(half, 'float32', 3, 100)
    expect(new Float32Array(bytes.buffer)).toEqual(numbers)
  })

  it.each([
    ['float16', 3, 'float32, which is not made into float16'],
    ['float32', 4, 'not made of vectors of 4 dimensions'],
  ] as const)('refuses what is no %s of %i dimensions', async (dtype, dimension, message) => {
    const reading = readVectorFile(single, dtype, dimension, 100)
    await expect(reading).rejects.toThrow(UsageError)
    await expect(reading).rejects.toThrow(message)
  })
})
