import { memoryWal, type WalFactory } from '../../src/index.js'

/** A log in memory, each of whose appends first does something else. */
export function busyWal(before: () => void | Promise<void>): WalFactory {
  const inner = memoryWal()
  return {
    name: inner.name,
    open: async (context) => {
      const wal = await inner.open(context)
      const append = wal.append.bind(wal)
      wal.append = async (...args) => {
        await before()
        return append(...args)
      }
      return wal
    },
  }
}
