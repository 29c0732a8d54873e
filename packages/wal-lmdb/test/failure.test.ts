import { expect, it } from 'vitest'
import { failureFrom } from '../src/failure.js'
import { temporaryDirectory } from './fixture.js'

/** An error as lmdb-js rejects a put with: the reason is a promise that rejects. */
function commitFailed(reason: Error): Error {
  return Object.assign(new Error('Commit failed (see commitError for details)'), {
    commitError: Promise.reject(reason),
  })
}

it('calls a failed write a full disk when there is no room for it', async () => {
  const directory = await temporaryDirectory()
  const context = { directory, operation: 'commit to the log' }
  const reason = Object.assign(new Error('Input/output error'), { code: 5 })
  const full = await failureFrom(commitFailed(reason), { ...context, byteLength: 2 ** 60 })
  expect(full).toMatchObject({ code: 'SLUICE_NO_SPACE', cause: reason, details: { directory } })
  const other = await failureFrom(commitFailed(reason), { ...context, byteLength: 10 })
  const named = { code: 'SLUICE_IO', details: { errno: 'EIO' }, cause: { cause: reason } }
  expect(other).toMatchObject(named)
  const gone = await failureFrom(reason, {
    directory: `${directory}/gone`,
    operation: 'commit to the log',
    byteLength: 2 ** 60,
  })
  expect(gone).toMatchObject(named)
})
