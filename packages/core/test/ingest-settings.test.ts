import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { open } from '../src/index.js'
import { checkIngestSettings } from '../src/ingest-settings.js'

const MIB = 1024 * 1024
const ROOMY = { memoryBytesMax: 1024 * MIB, queueBytesMax: 256 * MIB }

describe('the option `ingest`', () => {
  it('has defaults, smaller ones where memory or the queue is small', () => {
    const usual = { batchBytesMax: 8 * MIB, batchRowsMax: 65_536, lingerMs: 2 }
    expect(checkIngestSettings(undefined, ROOMY)).toEqual(usual)
    const little = { memoryBytesMax: 64 * MIB, queueBytesMax: 256 * MIB }
    expect(checkIngestSettings({}, little)).toEqual({ ...usual, batchBytesMax: MIB })
    const short = { memoryBytesMax: 1024 * MIB, queueBytesMax: 80 }
    expect(checkIngestSettings({}, short)).toEqual({ ...usual, batchBytesMax: 10 })
    const none = { memoryBytesMax: 1, queueBytesMax: 1 }
    expect(checkIngestSettings({}, none)).toEqual({ ...usual, batchBytesMax: 1 })
  })

  it('takes what is in bounds as it is', () => {
    const given = { batchBytesMax: 64 * MIB, batchRowsMax: 1, lingerMs: 0 }
    expect(checkIngestSettings(given, { memoryBytesMax: 1, queueBytesMax: 1 })).toEqual(given)
  })

  it('refuses anything else, naming the option', async () => {
    const wrong = fc.oneof(
      fc.constantFrom(-1, 0.5, 2 ** 31, Number.NaN, Infinity, null, '1', 1n, {}, []),
      fc.anything().filter((value) => value !== undefined && typeof value !== 'number'),
    )
    const keys = fc.constantFrom('batchBytesMax', 'batchRowsMax', 'lingerMs')
    await fc.assert(
      fc.asyncProperty(keys, wrong, async (key, value) => {
        await expect(open({ ingest: { [key]: value } })).rejects.toMatchObject({
          code: 'SLUICE_INVALID_ARGUMENT',
          details: { argument: `ingest.${key}` },
        })
      }),
    )
    for (const key of ['batchBytesMax', 'batchRowsMax']) {
      await expect(open({ ingest: { [key]: 0 } })).rejects.toThrow(`ingest.${key}`)
    }
    await expect(open({ ingest: { linger: 1 } as object })).rejects.toThrow('unknown option')
  })
})
