/**
 * The log of a child process: a real one, which may kill its own process at a planned point. That
 * is how a test meets moments that a signal from outside would hit once in a thousand runs.
 */

import { fileWal } from '@sluice/core'
import { lmdbWal } from '@sluice/wal-lmdb'

export function walOf(name, options = {}) {
  const { logFileBytes: segmentBytesMax } = options
  if (name === 'lmdb') return lmdbWal()
  return fileWal(segmentBytesMax === undefined ? {} : { segmentBytesMax })
}

/** `failpoint`: `{ point, count }`; the process dies when the point is reached for that time. */
export function createReach(failpoint) {
  let reached = 0
  return (point) => {
    if (point !== failpoint?.point) return
    reached += 1
    if (reached === failpoint.count) process.kill(process.pid, 'SIGKILL')
  }
}

/**
 * A log with failpoints; with `isEager`, it has records at `memory` written at once, and with
 * `logFileBytes` a log of files begins a new one after so many bytes.
 */
export function failpointWal(name, reach, options = {}) {
  const factory = walOf(name, options)
  const { isEager } = options
  return {
    name: factory.name,
    open: async (context) => new FailpointLog(await factory.open(context), reach, isEager),
  }
}

class FailpointLog {
  #inner
  #reach
  #isEager

  constructor(inner, reach, isEager) {
    this.#inner = inner
    this.#reach = reach
    this.#isEager = isEager
  }

  get capabilities() {
    return this.#inner.capabilities
  }

  async append(records, options) {
    this.#reach('before append')
    const isRaised = this.#isEager && options.durability === 'memory'
    const appended = this.#inner.append(records, isRaised ? { durability: 'os' } : options)
    this.#reach('during append')
    const result = await appended
    this.#reach('after append')
    return result
  }

  async *read(fromLsn) {
    for await (const record of this.#inner.read(fromLsn)) {
      this.#reach('read')
      yield record
    }
  }

  async truncateBefore(lsn) {
    this.#reach('before forgetting')
    const forgotten = this.#inner.truncateBefore(lsn)
    this.#reach('during forgetting')
    await forgotten
    this.#reach('after forgetting')
  }

  async truncateAfter(lsn) {
    this.#reach('before truncation')
    await this.#inner.truncateAfter(lsn)
    this.#reach('after truncation')
  }

  stats() {
    return this.#inner.stats()
  }

  async close() {
    this.#reach('before close')
    await this.#inner.close()
    this.#reach('after close')
  }
}
