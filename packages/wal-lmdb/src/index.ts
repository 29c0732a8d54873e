/** The public door of the package. */

export { type LmdbWalOptions, lmdbWal } from './lmdb-wal.js'
