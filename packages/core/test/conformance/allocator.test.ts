import { SlabAllocator } from '@sluice/pool'
import fc from 'fast-check'
import { describe, it } from 'vitest'
import { allocatorSuite } from '../../src/conformance/allocator.js'

for (const backing of ['wasm', 'shared', 'heap'] as const) {
  allocatorSuite({
    runner: { describe, it },
    fc,
    name: `SlabAllocator on ${backing}`,
    create: async () => {
      const allocator = new SlabAllocator({ bytesMax: 16 * 1024 * 1024, backing })
      return { allocator, dispose: () => allocator.close() }
    },
  })
}
