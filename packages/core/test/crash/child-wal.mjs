/**
 * The log of a child process: a real one, which may kill its own process at a planned point. That
 * is how a test meets moments that a signal from outside would hit once in a thousand runs.
 */

import { fileWal } from '@sluice/core'
import { lmdbWal } from '@sluice/wal-lmdb'

export function walOf(name) {
  return name === 'lmdb' ? lmdbWal() : fileWal()
}

/** `failpoint`: `{ point, count }`; the process dies when the point is reached for that time. */
export function failpointWal(name, failpoint) {
  const factory = walOf(name)
  if (failpoint === undefined) return factory
  let reached = 0
  const reach = (point) => {
    if (point !== failpoint.point) return
    reached += 1
    if (reached === failpoint.count) process.kill(process.pid, 'SIGKILL')
  }
  return {
    name: factory.name,
    open: async (context) => new FailpointLog(await factory.open(context), reach),
  }
}

class FailpointLog {
  #inner
  #reach

  constructor(inner, reach) {
    this.#inner = inner
    this.#reach = reach
  }

  get capabilities() {
    return this.#inner.capabilities
  }

  async append(records, options) {
    this.#reach('before append')
    const appended = this.#inner.append(records, options)
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

  truncateBefore(lsn) {
    return this.#inner.truncateBefore(lsn)
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
