/**
 * Kernels that look at no row: neither checked nor copied nor checksummed. With them a load costs
 * what the write path alone costs: claims, segment writes, log records, syncs. Records are still
 * checksummed, as the log insists.
 */

import type { KernelProvider } from '@sluice/core'

/**
 * Makes them. A database that has them accepts loads and answers no search.
 *
 * @internal
 */
export function createPassThroughKernels(): KernelProvider {
  return {
    info: { name: 'pass-through', isa: 'none', reason: 'measures the write path alone' },
    ingest: () => ({ firstBadRow: -1, crc: 0 }),
    crc32c,
    distances: refuse,
    distancesRange: refuse,
    nearest: refuse,
    encode: refuse,
    packBlock: refuse,
    buildTables: refuse,
    scanSums: refuse,
    scanBlocks: refuse,
    assign: refuse,
    accumulateMeans: refuse,
    searchLists: refuse,
    region: refuse,
    readRegion: refuse,
    gatherRows: refuse,
  }
}

function refuse(): never {
  throw new Error('pass-through kernels keep no vectors and compute no distances')
}

const TABLE = Uint32Array.from({ length: 256 }, (_, index) => {
  let crc = index
  for (let bit = 0; bit < 8; bit++) crc = (crc >>> 1) ^ (crc & 1 ? 0x82f63b78 : 0)
  return crc
})

/** CRC-32C (RFC 3720) a byte at a time: the records of a bulk load are small. */
function crc32c(bytes: Uint8Array, seed = 0): number {
  let crc = ~seed
  for (const byte of bytes) crc = (crc >>> 8) ^ (TABLE[(crc ^ byte) & 255] ?? 0)
  return ~crc >>> 0
}
