import { setTimeout as delay } from 'node:timers/promises'
import { expect, it } from 'vitest'
import { SlabAllocator } from '../../src/index.js'

const MIB = 1024 * 1024

it('gives memory back to the system, though V8 does not count it', async () => {
  const before = process.memoryUsage.rss()
  for (let round = 0; round < 24; round++) {
    const allocator = new SlabAllocator({ bytesMax: 64 * MIB })
    const lease = allocator.allocate(48 * MIB)
    lease.bytes.fill(1)
    lease.release()
    await allocator.close()
    await delay(1)
  }
  expect(process.memoryUsage.rss() - before).toBeLessThan(600 * MIB)
})
