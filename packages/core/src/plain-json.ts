/**
 * Any value as one that `JSON.stringify` takes and a log can hold: it knows no bigint, and would
 * write a vector out number by number. Invariants: runs no code of the caller, never throws, ends
 * for values that hold themselves.
 */

import { types } from 'node:util'
import { render } from './render.js'

/** Objects within objects that are shown. */
const DEPTH_MAX = 4
/** Entries of an array or an object that are shown. */
const ENTRIES_MAX = 32

/**
 * A copy of a value: bigints and numbers that JSON lacks as decimal text; typed arrays and other
 * objects that are no plain ones by their kind, such as `Float32Array(384)`; errors by `name`,
 * `code` and `message`.
 *
 * @internal
 */
export function plainJson(value: unknown, depth: number = DEPTH_MAX): unknown {
  if (typeof value === 'bigint') return String(value)
  if (typeof value === 'number' && !Number.isFinite(value)) return String(value)
  if (typeof value === 'symbol' || typeof value === 'function') return render(value)
  if (typeof value !== 'object' || value === null) return value
  if (types.isProxy(value) || depth === 0) return render(value)
  const chain = chainOf(value)
  if (chain.includes(Error.prototype)) return pick(value, ['name', 'code', 'message'], depth)
  if (Array.isArray(value)) return shownItems(value, depth)
  if (chain.length > 1 && chain[1] !== Object.prototype) return render(value)
  return pick(value, Object.keys(value).slice(0, ENTRIES_MAX), depth)
}

function shownItems(items: readonly unknown[], depth: number): unknown[] {
  const shown = Array.from({ length: Math.min(items.length, ENTRIES_MAX) }, (_, i) =>
    plainJson(dataAt(items, String(i)), depth - 1),
  )
  const rest = items.length - shown.length
  return rest > 0 ? [...shown, `… ${rest} more`] : shown
}

function pick(value: object, keys: readonly string[], depth: number): object {
  const entries = keys.map((key) => [key, plainJson(dataAt(value, key), depth - 1)] as const)
  return Object.fromEntries(entries.filter(([, part]) => part !== undefined))
}

/** A property, its own or inherited as the name of an error is; undefined where code makes it. */
function dataAt(value: object, key: string): unknown {
  for (const object of chainOf(value)) {
    const property = Object.getOwnPropertyDescriptor(object, key)
    if (property) return property.value
  }
  return undefined
}

/** An object and its prototypes, up to a proxy, which would run code. */
function chainOf(value: object): object[] {
  const chain: object[] = []
  for (let at: object | null = value; at !== null; at = Object.getPrototypeOf(at)) {
    if (types.isProxy(at)) break
    chain.push(at)
  }
  return chain
}
