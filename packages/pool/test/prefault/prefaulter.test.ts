import { afterAll, describe, expect, it } from 'vitest'
import { BACKING_KINDS, SlabAllocator } from '../../src/index.js'
import { TranspiledPackage } from '../transpiled-package.js'

const MIB = 1024 * 1024
const PAGES_PER_MIB = 256

/** Page faults of this process while `work` runs. */
function pageFaultsOf(work: () => void): number {
  const before = process.resourceUsage().minorPageFault
  work()
  return process.resourceUsage().minorPageFault - before
}

describe.each(BACKING_KINDS)('prefault on %s', (backing) => {
  it.runIf(process.platform === 'linux')('leaves no page fault to the first write', async () => {
    const allocator = new SlabAllocator({ bytesMax: 64 * MIB, backing })
    const lease = allocator.allocate(32 * MIB)
    await allocator.prefault(lease)
    expect(pageFaultsOf(() => lease.bytes.fill(1))).toBeLessThan((32 * PAGES_PER_MIB) / 10)
    await allocator.close()
  })

  it.runIf(process.platform === 'linux')('is what reserve() does to its slabs', async () => {
    const allocator = new SlabAllocator({ bytesMax: 64 * MIB, backing })
    await allocator.reserve(16 * MIB, 2)
    const leases = [allocator.allocate(16 * MIB), allocator.allocate(16 * MIB)]
    const pageFaults = pageFaultsOf(() => {
      for (const lease of leases) lease.bytes.fill(1)
    })
    expect(pageFaults).toBeLessThan((32 * PAGES_PER_MIB) / 10)
    await allocator.close()
  })

  it('changes no byte', async () => {
    const allocator = new SlabAllocator({ bytesMax: 8 * MIB, backing })
    const lease = allocator.allocate(MIB + 4097)
    lease.bytes.forEach((_, offset, bytes) => {
      bytes[offset] = offset * 31
    })
    const before = lease.bytes.slice()
    await allocator.prefault(lease)
    expect(Buffer.from(before).equals(lease.bytes)).toBe(true)
    await allocator.close()
  })

  it('rejects with the reason when aborted, before or while it runs', async () => {
    const allocator = new SlabAllocator({ bytesMax: 64 * MIB, backing })
    const lease = allocator.allocate(32 * MIB)
    const reason = new Error('no longer wanted')
    const controller = new AbortController()
    const running = allocator.prefault(lease, { signal: controller.signal })
    controller.abort(reason)
    await expect(running).rejects.toBe(reason)
    await expect(allocator.prefault(lease, { signal: controller.signal })).rejects.toBe(reason)
    await expect(allocator.reserve(1, 1, { signal: controller.signal })).rejects.toBe(reason)
    await allocator.prefault(lease)
    await allocator.close()
  })

  it('rejects what is pending when the allocator closes', async () => {
    const allocator = new SlabAllocator({ bytesMax: 64 * MIB, backing })
    const pending = [
      allocator.prefault(allocator.allocate(16 * MIB)),
      allocator.prefault(allocator.allocate(16 * MIB)),
      allocator.reserve(8 * MIB, 2),
    ]
    const [outcomes] = await Promise.all([Promise.allSettled(pending), allocator.close()])
    for (const outcome of outcomes) {
      expect(outcome).toMatchObject({ status: 'rejected', reason: { code: 'SLUICE_CLOSED' } })
    }
  })

  it('refuses a lease that was released, but survives one released meanwhile', async () => {
    const allocator = new SlabAllocator({ bytesMax: 64 * MIB, backing })
    const lease = allocator.allocate(4 * MIB)
    const running = allocator.prefault(lease)
    lease.release()
    allocator.trim()
    await running
    await expect(allocator.prefault(lease)).rejects.toMatchObject({
      code: 'SLUICE_DOUBLE_RELEASE',
    })
    await allocator.close()
  })
})

describe('prefault and the process', () => {
  const transpiled = new TranspiledPackage()
  afterAll(() => transpiled.remove())
  const program = `
const allocator = new SlabAllocator({ bytesMax: 2 ** 28 })
await allocator.prefault(allocator.allocate(2 ** 20))
const lease = allocator.allocate(2 ** 25)
await allocator.prefault(lease)
const before = process.resourceUsage().minorPageFault
lease.bytes.fill(1)
const pageFaults = process.resourceUsage().minorPageFault - before
process.stdout.write(JSON.stringify({ few: pageFaults < 800 }))
`

  it.each(BACKING_KINDS)('lets go of trimmed %s memory', async (backing) => {
    const trimming = `
const allocator = new SlabAllocator({ bytesMax: 2 ** 28, backing: '${backing}' })
const rss = () => process.memoryUsage.rss() / 2 ** 20
const before = rss()
await allocator.reserve(2 ** 27, 1)
const reserved = rss() - before
allocator.trim()
for (let round = 0; round < 500 && rss() - before > 64; round += 1) {
  globalThis.gc()
  await new Promise(setImmediate)
}
const trimmed = rss() - before
process.stdout.write(JSON.stringify({ inMemory: reserved > 100, letGo: trimmed <= 64 }))
`
    const command = [process.execPath, '--expose-gc']
    expect(await transpiled.run(trimming, command)).toMatchObject({
      exitCode: 0,
      stdout: '{"inMemory":true,"letGo":true}',
    })
  })

  it('keeps the event loop turning while heap memory is touched', async () => {
    const allocator = new SlabAllocator({ bytesMax: 64 * MIB, backing: 'heap' })
    let turns = 0
    let finished = false
    const turn = (): void => {
      turns += 1
      if (!finished) setImmediate(turn)
    }
    setImmediate(turn)
    await allocator.prefault(allocator.allocate(16 * MIB))
    finished = true
    expect(turns).toBeGreaterThanOrEqual(32)
  })

  it('holds the process until a prefault is done, and lets it end without close()', async () => {
    expect(await transpiled.run(program)).toMatchObject({ exitCode: 0, stdout: '{"few":true}' })
  })

  it('works on the calling thread where no worker may be started', async () => {
    const flag = process.allowedNodeEnvironmentFlags.has('--permission')
      ? '--permission'
      : '--experimental-permission'
    const command = [process.execPath, flag, '--allow-fs-read=*']
    expect(await transpiled.run(program, command)).toMatchObject({
      exitCode: 0,
      stdout: '{"few":true}',
    })
  })
})
