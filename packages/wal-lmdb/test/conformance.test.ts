/** The published log suite, on LMDB, plain and through `faultyWal`. */

import { faultyWal, walBackendSuite } from '@sluice/core/conformance'
import fc from 'fast-check'
import { describe, it } from 'vitest'
import { lmdbWal } from '../src/lmdb-wal.js'
import { subject } from './fixture.js'

const runner = { describe, it }
const capabilities = { durabilities: ['memory', 'disk'], persistent: true } as const

walBackendSuite({ runner, fc, name: 'lmdbWal', capabilities, create: () => subject(lmdbWal()) })
walBackendSuite({
  runner,
  fc,
  name: 'faultyWal(lmdbWal)',
  capabilities,
  create: () => subject(faultyWal(lmdbWal(), [])),
})
