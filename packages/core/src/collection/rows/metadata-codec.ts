/**
 * Metadata of rows to and from MessagePack. What goes in is copied first, by a walk that reads
 * every property once, runs no code of the caller, and ends: depth, nodes and bytes are bounded,
 * so cycles and shared subtrees cannot make it large. What comes out is fresh and equal to what
 * went in, except that -0 becomes 0 and a Buffer a Uint8Array.
 */

import { types } from 'node:util'
import { Packr, Unpackr } from 'msgpackr'
import { readInput, unexpected } from '../../checks.js'
import { InvalidArgumentError, type SluiceErrorCode } from '../../errors.js'
import { LIMITS } from '../../limits.js'
import type { PackedBytes } from '../../packed-bytes.js'
import { render, typedArrayName } from '../../render.js'
import { typedView } from '../../typed-view.js'

const FORBIDDEN_KEYS: ReadonlySet<string> = new Set(['__proto__', 'constructor', 'prototype'])
const LONE_SURROGATE = /\p{Surrogate}/u
const BIGINT_MIN = -(2n ** 63n)
const BIGINT_MAX = 2n ** 64n - 1n

const packr = new Packr({ useRecords: false, variableMapSize: true })
const unpackr = new Unpackr({ useRecords: false, mapsAsObjects: true, copyBuffers: true })

/**
 * Checks the metadata of a batch and encodes it, a MessagePack map per row; no bytes for a row
 * without metadata.
 *
 * @param input - what the caller gave: an object, null or undefined per row; or undefined
 * @param rowCount - rows of the batch
 * @returns undefined when no row has metadata
 * @throws InvalidArgumentError `SLUICE_INVALID_ARGUMENT` or `SLUICE_LIMIT_EXCEEDED`, naming the
 * row and the path in it
 * @internal
 */
export function encodeMetadata(input: unknown, rowCount: number): PackedBytes | undefined {
  if (input === undefined) return undefined
  return readInput('metadata', () => {
    if (!Array.isArray(input)) throw unexpected('metadata', 'an array of objects', input)
    const rows: readonly unknown[] = input
    if (rows.length !== rowCount) {
      throw new InvalidArgumentError(
        'SLUICE_INVALID_ARGUMENT',
        `metadata: expected one per row, that is ${rowCount}, got ${rows.length}`,
        { details: { argument: 'metadata', expected: rowCount, actual: rows.length } },
      )
    }
    const ends = new Uint32Array(rowCount)
    const chunks: Uint8Array[] = []
    let end = 0
    for (let row = 0; row < rowCount; row++) {
      const value = rows[row]
      if (value !== undefined && value !== null) {
        const bytes = encodeRow(row, value)
        chunks.push(bytes)
        end += bytes.length
        checkTotal(row, end)
      }
      ends[row] = end
    }
    return chunks.length === 0 ? undefined : { bytes: concatenate(chunks, end), ends }
  })
}

/**
 * Decodes one row's metadata.
 *
 * @param bytes - as written by {@link encodeMetadata}; not empty
 * @returns an object that shares nothing with any other
 * @internal
 */
export function decodeMetadata(bytes: Uint8Array): Record<string, unknown> {
  return unpackr.unpack(new Uint8Array(bytes)) as Record<string, unknown>
}

function encodeRow(row: number, value: unknown): Uint8Array {
  const bytes = packr.pack(new RowCopy(row).copyRoot(value))
  if (bytes.length > LIMITS.metadataBytesMax) throw tooLong(row)
  return bytes
}

function checkTotal(row: number, byteLength: number): void {
  if (byteLength <= LIMITS.recordBytesMax) return
  throw new InvalidArgumentError(
    'SLUICE_LIMIT_EXCEEDED',
    `metadata: more than ${LIMITS.recordBytesMax} bytes at row ${row}: use smaller batches`,
    { details: { argument: 'metadata', row, max: LIMITS.recordBytesMax } },
  )
}

function concatenate(chunks: readonly Uint8Array[], byteLength: number): Uint8Array {
  const bytes = new Uint8Array(byteLength)
  let at = 0
  for (const chunk of chunks) {
    bytes.set(chunk, at)
    at += chunk.length
  }
  return bytes
}

function tooLong(row: number): InvalidArgumentError {
  return new InvalidArgumentError(
    'SLUICE_LIMIT_EXCEEDED',
    `metadata: row ${row}: more than ${LIMITS.metadataBytesMax} bytes when encoded`,
    { details: { argument: 'metadata', row, max: LIMITS.metadataBytesMax } },
  )
}

/** The copy of one row's metadata, made of plain data only. */
class RowCopy {
  readonly #row: number
  /** Keys and indexes from the root to where the walk is. */
  readonly #path: (string | number)[] = []
  /** The objects on it: the root, and what each key but the last led to. */
  readonly #containers: object[] = []
  /** A lower bound of the encoded bytes so far; every node counts, so the walk is bounded. */
  #byteLength = 0

  constructor(row: number) {
    this.#row = row
  }

  copyRoot(value: unknown): Record<string, unknown> {
    if (isPlainObject(value)) return this.#copyObject(value)
    throw this.#refuse('a plain object, null or undefined', value)
  }

  #copy(value: unknown): unknown {
    this.#count(1)
    switch (typeof value) {
      case 'boolean':
      case 'number':
        return value
      case 'string':
        return this.#checkText(value, value)
      case 'bigint':
        if (value >= BIGINT_MIN && value <= BIGINT_MAX) return value
        throw this.#refuse('a bigint from -2^63 to 2^64 - 1', value)
      case 'object':
        return value === null ? null : this.#copyReference(value)
      default:
        throw this.#refuse('plain data', value)
    }
  }

  #copyReference(value: object): unknown {
    if (types.isProxy(value)) throw this.#refuse('plain data', value)
    if (Array.isArray(value)) return this.#copyArray(value)
    if (isPlainObject(value)) return this.#copyObject(value)
    if (types.isDate(value)) {
      const time = Date.prototype.getTime.call(value)
      if (Number.isNaN(time)) throw this.#refuse('a valid Date', 'Invalid Date')
      return new Date(time)
    }
    if (typedArrayName(value) === 'Uint8Array') {
      const bytes = typedView(`metadata: row ${this.#row}`, value)?.bytes ?? new Uint8Array(0)
      this.#count(bytes.length)
      return bytes
    }
    throw this.#refuse('plain data (an object without a class, Date, Uint8Array, …)', value)
  }

  #copyArray(value: readonly unknown[]): unknown[] {
    this.#count(value.length)
    // One name per element, and `length`.
    if (Reflect.ownKeys(value).length !== value.length + 1) {
      throw this.#refuse('an array without holes or other properties', value)
    }
    return this.#nested(value, () =>
      Array.from({ length: value.length }, (_, index) => this.#copyMember(value, index)),
    )
  }

  #copyObject(value: object): Record<string, unknown> {
    const keys = Reflect.ownKeys(value)
    this.#count(2 * keys.length)
    return this.#nested(value, () => {
      const copy: Record<string, unknown> = {}
      for (const key of keys) {
        if (typeof key === 'symbol') throw this.#refuse('no symbols as keys', key)
        if (FORBIDDEN_KEYS.has(key)) throw this.#refuse(`no key ${render(key)}`, value)
        this.#checkText(key, key)
        const member = this.#copyMember(value, key)
        if (member !== undefined) copy[key] = member
      }
      return copy
    })
  }

  /** Copies a property; undefined, for an object's, when it is not there or not enumerable. */
  #copyMember(container: object, key: string | number): unknown {
    const descriptor = Object.getOwnPropertyDescriptor(container, key)
    const isArray = typeof key === 'number'
    this.#path.push(key)
    if (descriptor?.get || descriptor?.set) throw this.#refuse('no accessor', 'an accessor')
    const value: unknown = descriptor?.enumerable ? descriptor.value : undefined
    const copy = value === undefined && !isArray ? undefined : this.#copy(value)
    this.#path.pop()
    return copy
  }

  #nested<T>(container: object, copyMembers: () => T): T {
    this.#containers.push(container)
    if (this.#path.length >= LIMITS.metadataDepthMax) throw this.#tooDeep()
    const copy = copyMembers()
    this.#containers.pop()
    return copy
  }

  /** The first object on the path that is there before is where a circle closes. */
  #tooDeep(): InvalidArgumentError {
    const containers = this.#containers
    const end = containers.findIndex((each, i) => containers.indexOf(each) < i)
    if (end < 0) {
      const { metadataDepthMax } = LIMITS
      return this.#error('SLUICE_LIMIT_EXCEEDED', `nested deeper than ${metadataDepthMax} levels`)
    }
    const start = containers.indexOf(containers[end]!)
    const what = start === 0 ? 'the whole row' : this.#pathTo(start)
    return this.#error('SLUICE_LIMIT_EXCEEDED', `circular: this is ${what} again`, end)
  }

  #checkText(text: string, actual: string): string {
    this.#count(text.length)
    if (LONE_SURROGATE.test(text)) {
      throw this.#refuse('well-formed Unicode, without lone surrogates', actual)
    }
    return text
  }

  #count(byteLength: number): void {
    this.#byteLength += byteLength
    if (this.#byteLength > LIMITS.metadataBytesMax) throw tooLong(this.#row)
  }

  #refuse(expected: string, actual: unknown): InvalidArgumentError {
    return this.#error('SLUICE_INVALID_ARGUMENT', `expected ${expected}, got ${render(actual)}`)
  }

  #error(code: SluiceErrorCode, problem: string, depth?: number): InvalidArgumentError {
    const path = this.#pathTo(depth)
    const where = path === '' ? '' : ` at ${path}`
    return new InvalidArgumentError(code, `metadata: row ${this.#row}${where}: ${problem}`, {
      details: { argument: 'metadata', row: this.#row, path },
    })
  }

  /** The first `depth` keys of the path, all by default. */
  #pathTo(depth?: number): string {
    const keys = this.#path.slice(0, depth)
    return keys.map((key) => (typeof key === 'number' ? `[${key}]` : `.${shorten(key)}`)).join('')
  }
}

function shorten(key: string): string {
  return key.length <= 40 ? key : `${key.slice(0, 40)}…`
}

function isPlainObject(value: unknown): value is object {
  if (typeof value !== 'object' || value === null || types.isProxy(value)) return false
  if (Array.isArray(value)) return false
  const prototype: unknown = Object.getPrototypeOf(value)
  return prototype === Object.prototype || prototype === null
}
