import { Packr } from 'msgpackr'
import { describe, expect, it } from 'vitest'
import { assertPlainMessage, decodeBody, encodeBody } from '../../../src/wal/record/body.js'

const corrupt = expect.objectContaining({ code: 'SLUICE_CORRUPT' })

describe('decodeBody', () => {
  it('gives back numbers, texts, byte strings, nil and lists', () => {
    const values = ['ü', 0, 4_294_967_295, 2 ** 53 - 1, null, [Buffer.from([1, 2])], []]
    expect(decodeBody(encodeBody(values))).toEqual(values)
  })

  it.each([
    ['a list that says it is longer', [0xdd, 0xff, 0xff, 0xff, 0xff]],
    ['a byte string that says it is longer', [0x91, 0xc6, 0xff, 0xff, 0xff, 0xff, 1]],
    ['a text that says it is longer', [0x91, 0xda, 0xff, 0xff, 1]],
    ['a length that is cut off', [0x91, 0xc6, 0xff]],
    ['a map', [0x81, 0xa1, 0x61, 0x01]],
    ['a map with __proto__', [...new Packr({ useRecords: false }).pack([{ ['__proto__']: 1 }])]],
    ['an extension type', [0x91, 0xd4, 0x72, 0x40]],
    ['a date', [...new Packr().pack([new Date(0)])]],
    ['lists nested without end', Array.from({ length: 100_000 }, () => 0x91)],
    ['nothing', []],
    ['a number alone', [0x05]],
    ['something behind the end', [0x90, 0x90]],
  ])('refuses %s', (_, bytes) => {
    expect(() => decodeBody(Uint8Array.from(bytes))).toThrow(corrupt)
  })

  it('refuses a long list before anything is built', () => {
    const bytes = Uint8Array.from([0x9f, ...Array.from({ length: 15 }, () => 0x9f)])
    expect(() => assertPlainMessage(bytes)).toThrow(corrupt)
  })
})
