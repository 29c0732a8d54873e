/**
 * Faults of the file system, without a line of the product: the functions of `node:fs/promises`
 * are replaced by ones that count what is done to the files of a database, and that end the process
 * (SIGKILL) or fail at a planned operation, before it, after it or in the middle of a write. Plain
 * JavaScript, because both the tests and their child processes use it.
 */

import fs from 'node:fs/promises'
import { syncBuiltinESMExports } from 'node:module'
import { tmpdir } from 'node:os'

const PAGE_BYTES = 4096
/** First match counts. The database's own directory and those of collections come last. */
const AREAS = [
  ['checkpoints', /\/checkpoints(\/|$)/],
  ['columns', /\/columns(\/|$)/],
  ['segments', /\/segments(\/|$)/],
  ['recycled', /\/recycled(\/|$)/],
  ['log mark', /\/wal\/first-lsn/],
  ['log', /\/wal(\/|$)/],
  ['directories', /./],
]
const HANDLE_METHODS = ['write', 'writev', 'writeFile', 'datasync', 'sync', 'truncate']
const WRITES = new Set(['write', 'writev', 'writeFile'])

/** The files that are open now. */
const pathByHandle = new Map()
let fault
let reached = 0
let trace = []

/** Begins to count anew; with a fault, to wait for its operation. */
export function armFault(planned) {
  fault = planned
  reached = 0
  trace = []
}

/** What was done since `armFault`, as `area operation path`. */
export function operationsDone() {
  return [...trace]
}

/** Paths of the files that are open, by handle. */
export function filesOpen() {
  return [...pathByHandle.values()]
}

/** Replaces the functions, once and for all in this process. */
export async function installFileFaults() {
  const originalOpen = fs.open
  const handle = await originalOpen(process.execPath)
  const prototype = Object.getPrototypeOf(handle)
  await handle.close()
  for (const name of HANDLE_METHODS) {
    const original = prototype[name]
    prototype[name] = function (...args) {
      const path = pathByHandle.get(this)
      const halfArgs = WRITES.has(name) ? halfOf(name, args) : undefined
      const half = halfArgs && (() => original.apply(this, halfArgs))
      return perform({ name, path, half, run: () => original.apply(this, args) })
    }
  }
  fs.open = (path, ...args) => {
    const run = async () => {
      const opened = await originalOpen(path, ...args)
      if (isOurs(String(path))) watch(opened, String(path))
      return opened
    }
    return perform({ name: 'open', path: String(path), run })
  }
  for (const name of ['rename', 'unlink', 'rm', 'rmdir', 'mkdir']) {
    const original = fs[name]
    fs[name] = (...args) => {
      const path = String(name === 'rename' ? args[1] : args[0])
      return perform({ name, path, run: () => original(...args) })
    }
  }
  syncBuiltinESMExports()
}

/** Notes an open file. Its `close` is its own and no method of the prototype. */
function watch(handle, path) {
  const close = handle.close
  pathByHandle.set(handle, path)
  handle.close = () => {
    pathByHandle.delete(handle)
    return perform({ name: 'close', path, run: () => close.call(handle) })
  }
}

/** Arguments for about the first half of a write; undefined when it cannot be divided. */
function halfOf(name, args) {
  if (name === 'writev') {
    const bytes = Buffer.concat(args[0])
    return [[bytes.subarray(0, bytes.length >>> 1)], ...args.slice(1)]
  }
  if (name === 'writeFile') return [Buffer.from(args[0]).subarray(0, args[0].length >>> 1)]
  const [bytes, offset, length, position] = args
  const half = length >>> 1
  // Direct writes are of whole pages.
  const floor = half - (half % PAGE_BYTES)
  return [bytes, offset, length < PAGE_BYTES ? half : floor, position]
}

function isOurs(path) {
  return path?.startsWith(tmpdir()) ?? false
}

async function perform({ name, path, half, run }) {
  if (!isOurs(path)) return run()
  const area = AREAS.find(([, pattern]) => pattern.test(path))[0]
  trace.push(`${area} ${name} ${path}`)
  if (!isReached(area, name)) return run()
  const { action, code } = fault
  if (action.endsWith('half')) await half?.()
  if (action === 'kill after' || name === 'close') await run()
  if (action.startsWith('kill')) process.kill(process.pid, 'SIGKILL')
  const message = `${code}: planned, ${name} '${path}'`
  throw Object.assign(new Error(message), { code, syscall: name, path })
}

function isReached(area, name) {
  if (fault === undefined || (fault.area !== 'any' && fault.area !== area)) return false
  if (fault.operation !== undefined && fault.operation !== name) return false
  reached += 1
  return reached >= fault.count && reached < fault.count + (fault.repeat ?? 1)
}
