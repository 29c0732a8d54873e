import { readFile } from 'node:fs/promises'
import { InternalError, StateError, StorageError } from '@sluice/core'
import { describe, expect, it } from 'vitest'
import { failureText } from '../src/failure-text.js'

describe('failureText', () => {
  it('is the message alone where that tells what to look at', async () => {
    const missing: unknown = await readFile('/no/such/file').catch((error: unknown) => error)
    expect(failureText(missing)).toBe("ENOENT: no such file or directory, open '/no/such/file'")
    expect(failureText(new StorageError('SLUICE_NO_SPACE', 'the disk is full'))).toBe(
      'the disk is full',
    )
    expect(failureText(new StateError('SLUICE_LOCKED', 'it is open'))).toBe('it is open')
  })

  it('says where in the code, where that is at fault', () => {
    expect(failureText(new RangeError('start offset'))).toMatch(
      /^RangeError: start offset\n {4}at /,
    )
    const broken = new InternalError('a row is lost')
    expect(failureText(broken)).toContain('\n    at ')
    expect(failureText('thrown text')).toBe('thrown text')
  })
})
