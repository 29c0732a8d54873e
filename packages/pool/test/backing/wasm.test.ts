import {
  closeSync,
  constants,
  mkdtempSync,
  openSync,
  readFileSync,
  rmSync,
  writeSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { SlabAllocator } from '../../src/index.js'

const directory = mkdtempSync(join(tmpdir(), 'sluice-pool-'))

/** Whether files here can be opened with O_DIRECT: Linux, and not on tmpfs. */
function directIoWorks(): boolean {
  if (process.platform !== 'linux') return false
  try {
    closeSync(openSync(join(directory, 'probe'), constants.O_DIRECT | constants.O_CREAT))
    return true
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EINVAL') return false
    throw error
  }
}

describe('wasm backing', () => {
  afterAll(() => rmSync(directory, { recursive: true }))

  it.runIf(directIoWorks())('can be written with O_DIRECT from every size of slab', () => {
    const allocator = new SlabAllocator({ bytesMax: 2 ** 27, backing: 'wasm' })
    const path = join(directory, 'direct')
    const { O_DIRECT, O_CREAT, O_WRONLY, O_TRUNC } = constants
    for (const byteLength of [4096, 4096, 12_288, 12_288, 2 ** 20, 2 ** 20 + 4096, 2 ** 26]) {
      const lease = allocator.allocate(byteLength, { alignment: 4096 })
      lease.bytes.fill(5)
      const file = openSync(path, O_DIRECT | O_CREAT | O_WRONLY | O_TRUNC)
      expect(writeSync(file, lease.bytes)).toBe(byteLength)
      closeSync(file)
      expect(readFileSync(path).equals(lease.bytes)).toBe(true)
    }
  })
})
