import { afterAll, describe, expect, it } from 'vitest'
import { Backing } from '../../src/backing/backing.js'
import { BACKING_KINDS } from '../../src/index.js'
import { TranspiledPackage } from '../transpiled-package.js'

const program = `
const allocator = new SlabAllocator({ bytesMax: 2 ** 28, backing: 'wasm' })
const slab = allocator.allocate(2 ** 20, { alignment: 4096, zero: true })
const other = allocator.allocate(2 ** 21)
slab.bytes.fill(1)
await allocator.prefault(slab)
const { fallbacks, fallbackReason, backing, leasedBytes } = allocator.stats()
process.stdout.write(JSON.stringify({
  fallbacks, fallbackReason, backing, leasedBytes, shared: slab.shared && other.shared,
  sum: slab.bytes.reduce((sum, byte) => sum + byte, 0),
}))
`

describe('Backing', () => {
  const transpiled = new TranspiledPackage()
  afterAll(() => transpiled.remove())

  it.each(BACKING_KINDS)('%s gives zeroed buffers of exactly the bytes asked for', (kind) => {
    const buffer = new Backing(kind).create(3 * 65_536)
    expect(buffer.byteLength).toBe(3 * 65_536)
    expect(buffer instanceof SharedArrayBuffer).toBe(kind !== 'heap')
    expect(new Uint8Array(buffer).every((byte) => byte === 0)).toBe(true)
  })

  it('serves wasm without a fallback where the system allows it', async () => {
    const { stdout } = await transpiled.run(program)
    expect(JSON.parse(stdout)).toMatchObject({ fallbacks: 0, backing: 'wasm', shared: true })
  })

  it.runIf(process.platform === 'linux')(
    'falls back to shared memory, and says so, when the address space is limited',
    async () => {
      const limited = ['bash', '-c', `ulimit -v 6000000 && exec ${process.execPath} "$0"`]
      const { stdout } = await transpiled.run(program, limited)
      expect(JSON.parse(stdout)).toEqual({
        fallbacks: 2,
        fallbackReason: expect.stringContaining('could not allocate memory'),
        backing: 'wasm',
        leasedBytes: 3 * 2 ** 20,
        shared: true,
        sum: 2 ** 20,
      })
    },
  )

  it('falls back when WebAssembly is switched off', async () => {
    const { stdout } = await transpiled.run(program, [process.execPath, '--jitless'])
    expect(JSON.parse(stdout)).toMatchObject({
      fallbacks: 2,
      fallbackReason: 'WebAssembly is switched off',
      sum: 2 ** 20,
    })
  })
})
