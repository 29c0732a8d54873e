import { describe, expect, it } from 'vitest'
import { testRecord, testRecords } from '../../src/conformance/wal-records.js'
import type { Durability } from '../../src/contract/index.js'
import { AppendGate, type AppendGateOptions } from '../../src/wal/append-gate.js'

function gateWith(
  durabilities: readonly Durability[] = ['memory', 'os', 'disk'],
  more: Partial<AppendGateOptions> = {},
): AppendGate {
  const limits = { inlineBytesMax: 10, frameBytesMax: 1000, persistent: true }
  const capabilities = { durabilities, ...limits }
  return new AppendGate({ capabilities, firstLsn: 1n, lastLsn: 0n, readOnly: false, ...more })
}

const code = (value: string): unknown => expect.objectContaining({ code: value })

describe('AppendGate', () => {
  it('raises a level it does not have to the next stronger one', () => {
    const gate = gateWith(['memory', 'disk'])
    expect(gate.admit([], { durability: 'memory' })).toBe('memory')
    expect(gate.admit([], { durability: 'os' })).toBe('disk')
    expect(gate.admit([], { durability: 'disk' })).toBe('disk')
    const weak = gateWith(['memory'])
    expect(() => weak.admit([], { durability: 'disk' })).toThrow(code('SLUICE_INVALID_ARGUMENT'))
    const unknown = { durability: 'paper' as Durability }
    expect(() => gate.admit([], unknown)).toThrow(code('SLUICE_INVALID_ARGUMENT'))
  })

  it('counts records as soon as they are admitted, and none of a refused call', () => {
    const gate = gateWith()
    gate.admit(testRecords(1n, 3), { durability: 'disk' })
    expect(gate.lastLsn).toBe(3n)
    const records = [testRecord(4n), testRecord(6n)]
    const bad = expect.objectContaining({ details: { lsn: 6n, expected: 5n } })
    expect(() => gate.admit(records, { durability: 'disk' })).toThrow(bad)
    const level = { durability: 'paper' as Durability }
    expect(() => gate.admit([testRecord(4n)], level)).toThrow(code('SLUICE_INVALID_ARGUMENT'))
    expect(gate.lastLsn).toBe(3n)
  })

  it('refuses bytes that are not the encoded record of their number', () => {
    const gate = gateWith()
    const { bytes } = testRecord(1n)
    const wrong = [
      new Uint8Array(0),
      new Uint8Array(100),
      bytes.subarray(1),
      new Uint8Array([...bytes, 0]),
      testRecord(2n).bytes,
      new Uint8Array(1001),
    ]
    for (const other of wrong) {
      const admit = (): unknown => gate.admit([{ lsn: 1n, bytes: other }], { durability: 'disk' })
      expect(admit).toThrow(code('SLUICE_INVALID_ARGUMENT'))
    }
    expect(gate.admit([{ lsn: 1n, bytes }], { durability: 'disk' })).toBe('disk')
  })

  it('moves its ends, within what it holds', () => {
    const gate = gateWith()
    gate.admit(testRecords(1n, 9), { durability: 'disk' })
    expect(gate.truncateBefore(4n)).toBe(4n)
    expect(gate.truncateBefore(2n)).toBe(4n)
    expect(gate.truncateAfter(7n)).toBe(7n)
    expect(gate.truncateAfter(8n)).toBe(7n)
    expect(() => gate.truncateAfter(2n)).toThrow(code('SLUICE_INVALID_ARGUMENT'))
    expect(gate.truncateBefore(100n)).toBe(8n)
    expect([gate.firstLsn, gate.lastLsn]).toEqual([8n, 7n])
  })

  it('refuses writes when closed, read-only or poisoned, and names the first cause', () => {
    const closed = gateWith()
    expect([closed.close(), closed.close()]).toEqual([true, false])
    const readOnly = gateWith(undefined, { readOnly: true })
    const poisoned = gateWith()
    poisoned.admit(testRecords(1n, 5), { durability: 'disk' })
    const cause = new Error('disk on fire')
    poisoned.poison(cause, 3n)
    poisoned.poison(new Error('later'), 3n)
    expect(poisoned.lastLsn).toBe(3n)
    const gates = [
      [closed, 'SLUICE_CLOSED'],
      [readOnly, 'SLUICE_READ_ONLY'],
      [poisoned, 'SLUICE_POISONED'],
    ] as const
    for (const [gate, expected] of gates) {
      expect(() => gate.admit([], { durability: 'disk' })).toThrow(code(expected))
      expect(() => gate.truncateBefore(1n)).toThrow(code(expected))
      expect(() => gate.truncateAfter(1n)).toThrow(code(expected))
    }
    const named = expect.objectContaining({ cause })
    expect(() => poisoned.admit([], { durability: 'disk' })).toThrow(named)
  })
})
