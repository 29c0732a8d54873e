import type { SluiceWarning } from '@sluice/core'
import { expect, it } from 'vitest'
import type { LogDatabase } from '../src/environment.js'
import { startReaderCheck } from '../src/reader-check.js'

it('readers that cannot be cleared are a warning of the log', () => {
  const cause = new Error('MDB_BAD_RSLOT')
  const database = {
    readerCheck: () => {
      throw cause
    },
  }
  const warnings: SluiceWarning[] = []
  const end = startReaderCheck(database as unknown as LogDatabase, (warning) => {
    warnings.push(warning)
  })
  end()
  expect(warnings).toMatchObject([{ code: 'SLUICE_WARN_LOG', details: { cause } }])
})
