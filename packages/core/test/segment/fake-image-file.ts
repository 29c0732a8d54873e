/**
 * A disk whose every step the test decides. A write reads memory partly when it begins and partly
 * when it ends, as a DMA may, and must never share a page with another one under way. A sync makes
 * durable what was written when it began, and nothing more.
 */

import assert from 'node:assert/strict'
import type { ImageFile } from '../../src/segment/segment-file.js'

const PAGE = 4096

/** A write or sync under way. */
export interface PendingOperation {
  readonly kind: 'write' | 'sync'
  readonly position: number
  readonly byteLength: number
  complete(): void
  fail(error: Error): void
}

export class FakeImageFile implements ImageFile {
  readonly path = 'fake.seg'
  readonly pending: PendingOperation[] = []
  readonly written: Uint8Array
  durable: Uint8Array
  writes = 0
  syncs = 0
  closes = 0

  constructor(byteLength: number) {
    this.written = new Uint8Array(byteLength)
    this.durable = new Uint8Array(byteLength)
  }

  write(bytes: Uint8Array, position: number): Promise<void> {
    assert.equal(position % PAGE, 0, 'a write starts on a page')
    assert.equal(bytes.byteLength % PAGE, 0, 'a write is whole pages')
    for (const other of this.pending) {
      if (other.kind === 'sync') continue
      const apart =
        position + bytes.byteLength <= other.position ||
        other.position + other.byteLength <= position
      assert.ok(apart, 'two writes under way share a page')
    }
    this.writes += 1
    const early = bytes.slice()
    return this.#operation('write', { position, byteLength: bytes.byteLength }, () => {
      for (let page = 0; page < bytes.byteLength; page += PAGE) {
        const source = (page / PAGE) % 2 === 0 ? early : bytes
        this.written.set(source.subarray(page, page + PAGE), position + page)
      }
    })
  }

  sync(): Promise<void> {
    this.syncs += 1
    const snapshot = this.written.slice()
    return this.#operation('sync', { position: 0, byteLength: 0 }, () => {
      this.durable = snapshot
    })
  }

  async close(): Promise<void> {
    assert.equal(this.pending.length, 0, 'closed with operations under way')
    this.closes += 1
  }

  #operation(
    kind: 'write' | 'sync',
    range: { position: number; byteLength: number },
    effect: () => void,
  ): Promise<void> {
    return new Promise((resolve, reject) => {
      const operation: PendingOperation = {
        kind,
        ...range,
        complete: () => {
          this.pending.splice(this.pending.indexOf(operation), 1)
          effect()
          resolve()
        },
        fail: (error) => {
          this.pending.splice(this.pending.indexOf(operation), 1)
          reject(error)
        },
      }
      this.pending.push(operation)
    })
  }
}
