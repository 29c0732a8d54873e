import { describe, expect, it } from 'vitest'
import { typedView } from '../src/typed-view.js'
import { growableBuffer, resizableBuffer, resize } from './support/resizable.js'

describe('typedView', () => {
  it('views the bytes of any typed array in place', () => {
    const source = new Int16Array(new ArrayBuffer(32), 4, 3)
    const view = typedView('ids', source)
    expect(view).toMatchObject({ name: 'Int16Array', length: 3 })
    expect(view?.bytes.buffer).toBe(source.buffer)
    expect(view?.bytes).toMatchObject({ byteOffset: 4, byteLength: 6 })
    expect(typedView('ids', Buffer.from([1]))?.name).toBe('Uint8Array')
  })

  it('is undefined for all that is no typed array, proxies of one too', () => {
    for (const value of [1, null, [], new DataView(new ArrayBuffer(1)), new ArrayBuffer(1)]) {
      expect(typedView('ids', value)).toBeUndefined()
    }
    expect(typedView('ids', new Proxy(new Uint8Array(1), {}))).toBeUndefined()
    expect(typedView('ids', Object.create(Uint8Array.prototype))).toBeUndefined()
  })

  it('looks at the array itself, not at what a subclass says', () => {
    class Liar extends Uint8Array {
      override get length(): number {
        return 99
      }
      override get byteLength(): number {
        return 99
      }
    }
    expect(typedView('ids', new Liar(2))).toMatchObject({ name: 'Uint8Array', length: 2 })
  })

  it('copies from a buffer that could shrink, and only then', () => {
    const buffer = resizableBuffer(4, 8)
    const view = typedView('ids', new Uint8Array(buffer).fill(7))
    resize(buffer, 1)
    expect(view?.bytes).toEqual(Uint8Array.of(7, 7, 7, 7))
    const shared = growableBuffer(4, 8)
    expect(typedView('ids', new Uint8Array(shared))?.bytes.buffer).toBe(shared)
  })

  it('refuses an array whose memory is gone', () => {
    const code = 'SLUICE_INVALID_ARGUMENT'
    const detached = new Uint8Array(4)
    structuredClone(detached.buffer, { transfer: [detached.buffer] })
    const buffer = resizableBuffer(8, 8)
    const fixed = new Uint8Array(buffer, 4, 4)
    resize(buffer, 5)
    for (const value of [detached, fixed]) {
      expect(() => typedView('ids', value)).toThrow(expect.objectContaining({ code }))
    }
  })
})
