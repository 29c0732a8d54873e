import { describe, expect, it } from 'vitest'
import { probeRead, readableMemory } from '../../src/probe/memory-read.js'

describe('probeRead', () => {
  it('reads all of the memory', () => {
    const memory = readableMemory(1_000_003)
    expect(probeRead(memory)).toBeGreaterThan(0)
    memory[1_000_002] = 2
    expect(() => probeRead(memory)).toThrow('byte 1000002')
  })

  it('reads a view, and not what lies beside it', () => {
    const memory = readableMemory(1000)
    memory[0] = 2
    expect(probeRead(memory.subarray(1))).toBeGreaterThan(0)
  })
})
