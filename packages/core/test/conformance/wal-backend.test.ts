/** The published log suite, on the logs of this package, plain and through `faultyWal`. */

import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { describe, it } from 'vitest'
import { walBackendSuite } from '../../src/conformance/wal-backend.js'
import { walContext } from '../../src/conformance/wal-context.js'
import { faultyWal } from '../../src/conformance/wal-faults.js'
import type { WalSubject } from '../../src/conformance/wal-subject.js'
import type { WalFactory } from '../../src/contract/index.js'
import { fileWal } from '../../src/wal/file-wal/file-wal.js'
import { memoryWal } from '../../src/wal/memory-wal.js'

const runner = { describe, it }
const durabilities = ['memory', 'os', 'disk'] as const

async function subject(factory: WalFactory): Promise<WalSubject> {
  const directory = await mkdtemp(join(tmpdir(), 'sluice-wal-'))
  return {
    open: () => factory.open(walContext(directory)),
    destroy: () => rm(directory, { recursive: true }),
  }
}

const logs: readonly [string, boolean, () => WalFactory][] = [
  ['memoryWal', false, memoryWal],
  ['fileWal', true, fileWal],
  ['fileWal with tiny files', true, () => fileWal({ segmentBytesMax: 400 })],
]

for (const [name, persistent, factory] of logs) {
  const capabilities = { durabilities, persistent }
  walBackendSuite({ runner, fc, name, capabilities, create: () => subject(factory()) })
  const faulty = (): Promise<WalSubject> => subject(faultyWal(factory(), []))
  walBackendSuite({ runner, fc, name: `faultyWal(${name})`, capabilities, create: faulty })
}
