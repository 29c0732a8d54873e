import { describe, expect, it } from 'vitest'
import { RegionTable } from '../../../src/kernels/scalar/region-table.js'
import { LIMITS } from '../../../src/limits.js'

describe('RegionTable', () => {
  it('finds memory by handle until it is released', () => {
    const table = new RegionTable()
    const { handle, byteLength, release } = table.open(Uint8Array.of(1, 2, 3, 4).subarray(1))
    expect(byteLength).toBe(3)
    expect(table.find(handle)).toEqual(Uint8Array.of(2, 3, 4))
    release()
    expect(() => table.find(handle)).toThrow(`handle ${handle} names no open region`)
    expect(release).toThrow(expect.objectContaining({ code: 'SLUICE_CLOSED' }))
  })

  it('says of memory that was detached how long it should be', () => {
    const table = new RegionTable()
    const bytes = new Uint8Array(10)
    const { handle } = table.open(bytes)
    structuredClone(bytes, { transfer: [bytes.buffer] })
    expect(() => table.find(handle)).toThrow('was detached or has shrunk below 10 bytes')
  })

  it('holds as many regions as the limit says, and no more', () => {
    const table = new RegionTable()
    const bytes = new Uint8Array(1)
    const handles = new Set<number>()
    for (let i = 1; i < LIMITS.regionsMax; i++) handles.add(table.open(bytes).handle)
    const last = table.open(bytes)
    handles.add(last.handle)
    expect(handles.size).toBe(LIMITS.regionsMax)
    const refusal = expect.objectContaining({ code: 'SLUICE_LIMIT_EXCEEDED' })
    expect(() => table.open(bytes)).toThrow(refusal)
    last.release()
    expect(handles.has(table.open(bytes).handle)).toBe(false)
  })
})
