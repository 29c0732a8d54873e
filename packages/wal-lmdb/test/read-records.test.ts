import { crc32c } from '@sluice/core'
import { expect, it } from 'vitest'
import type { LogDatabase } from '../src/environment.js'
import { readBatch } from '../src/read-records.js'

it('calls a complaint of LMDB about its pages what it is: a damaged file, by name', () => {
  const damaged: Pick<LogDatabase, 'getRange'> = {
    getRange: () => {
      throw new Error('MDB_PAGE_NOTFOUND: Requested page not found')
    },
  }
  const source = { database: damaged as LogDatabase, file: '/data/wal/data.mdb', crc32c }
  expect(() => readBatch(source, 5n, 9n)).toThrow(
    expect.objectContaining({
      code: 'SLUICE_CORRUPT',
      message: expect.stringContaining('MDB_PAGE_NOTFOUND'),
      details: { file: '/data/wal/data.mdb', lsn: 5n },
    }),
  )
})
