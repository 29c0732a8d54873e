/**
 * Damages copies of the log that `damaged-log.mjs` wrote, and uses each, in a process of its own: a
 * damaged LMDB file may kill the process. Prints the number of each case and what it does before it
 * begins, so that a death is attributable, and then the verdict.
 *
 *     node damage.mjs <directory of the log> <seed> <from> <to>
 *
 * Case n of a seed is always the same. Each verdict that starts with "WRONG" is a failure.
 */

import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync, writeSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { crc32c } from '@sluice/core'
import { collect, walContext } from '@sluice/core/conformance'
import { lmdbWal } from '@sluice/wal-lmdb'
import { FIRST_LSN, LAST_LSN, record } from './damaged-log.mjs'

const [log, seed, from, to] = process.argv.slice(2)
const PAGE = 4096
const META_BYTES = 168
const whole = readFileSync(join(log, 'data.mdb'))
const earlier = readFileSync(join(log, 'earlier.mdb'))
const pageCount = Math.floor(whole.length / PAGE)
/** Pages of trees, where a flipped bit matters most. */
const treePages = Array.from({ length: pageCount }, (_, page) => page).filter((page) => {
  const flags = whole.readUInt16LE(page * PAGE + 18)
  return page >= 2 && (flags === 1 || flags === 2) && whole.readUInt32LE(page * PAGE) === page
})

/** A number generator of its own for each case (mulberry32). */
function randomOf(index) {
  let state = (Number(seed) + Math.imul(index + 1, 0x9e37_79b9)) >>> 0
  return (below) => {
    state = (state + 0x6d2b_79f5) >>> 0
    let t = Math.imul(state ^ (state >>> 15), 1 | state)
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
    return ((((t ^ (t >>> 14)) >>> 0) / 2 ** 32) * below) | 0
  }
}

function flip(bytes, at, bit) {
  bytes[at] ^= 1 << bit
  return `bit ${bit} of byte ${at} (page ${Math.floor(at / PAGE)})`
}

/** Where a byte of the structure of a page lies. */
function structureByte(random) {
  const page = treePages[random(treePages.length)]
  const bytes = whole.subarray(page * PAGE, (page + 1) * PAGE)
  const nodeCount = bytes.readUInt16LE(20) >>> 1
  const node = 24 + bytes.readUInt16LE(24 + 2 * random(nodeCount))
  const at = [random(24), 24 + random(2 * nodeCount), node + random(8), node + random(20)]
  return page * PAGE + Math.min(PAGE - 1, at[random(4)])
}

const DAMAGES = [
  (bytes, random) => flip(bytes, random(2) * PAGE + random(META_BYTES), random(8)),
  (bytes, random) => flip(bytes, structureByte(random), random(8)),
  (bytes, random) => flip(bytes, structureByte(random), random(8)),
  (bytes, random) => flip(bytes, random(bytes.length), random(8)),
  (bytes, random) => flip(bytes, random(pageCount) * PAGE + random(24), random(8)),
  (bytes, random) => {
    const places = Array.from({ length: 2 + random(6) }, () => structureByte(random))
    return places.map((at) => flip(bytes, at, random(8))).join(', ')
  },
  (bytes, random) => {
    const page = random(3) === 0 ? random(2) : random(pageCount)
    bytes.fill(0, page * PAGE, (page + 1) * PAGE)
    return `page ${page} zeroed`
  },
  (bytes, random) => {
    const sector = random(bytes.length / 512)
    bytes.fill(0, sector * 512, (sector + 1) * 512)
    return `sector ${sector} zeroed`
  },
  (bytes, random) => {
    const [a, b] = [random(pageCount), treePages[random(treePages.length)]]
    const page = Buffer.from(bytes.subarray(a * PAGE, (a + 1) * PAGE))
    bytes.copy(bytes, a * PAGE, b * PAGE, (b + 1) * PAGE)
    page.copy(bytes, b * PAGE)
    return `pages ${a} and ${b} swapped`
  },
  (bytes, random) => {
    const [a, b] = [random(pageCount), treePages[random(treePages.length)]]
    bytes.copy(bytes, b * PAGE, a * PAGE, (a + 1) * PAGE)
    return `page ${a} written over page ${b}`
  },
  (bytes, random) => {
    // Not the meta pages: that the newest was never written is what a power cut leaves, too.
    const page = 2 + random(Math.floor(earlier.length / PAGE) - 2)
    earlier.copy(bytes, page * PAGE, page * PAGE, (page + 1) * PAGE)
    return `page ${page} as it was earlier`
  },
  (bytes, random) => {
    const at = structureByte(random)
    const end = Math.min(bytes.length, at + 1 + random(32))
    for (let i = at; i < end; i++) bytes[i] = random(256)
    return `noise in bytes ${at} to ${end}`
  },
  (_, random) => ({ length: random(whole.length) }),
  (_, random) => ({ length: random(pageCount) * PAGE }),
]

/** Applies case `index`: first every bit of the meta pages in turn when the seed is 0. */
function damage(index) {
  const bytes = Buffer.from(whole)
  if (seed === '0' && index < 2 * META_BYTES * 8) {
    const byte = index >>> 3
    const at = byte < META_BYTES ? byte : PAGE + byte - META_BYTES
    return { bytes, what: flip(bytes, at, index & 7) }
  }
  const random = randomOf(index)
  const what = DAMAGES[index % DAMAGES.length](bytes, random)
  if (typeof what === 'string') return { bytes, what }
  return { bytes: bytes.subarray(0, what.length), what: `cut to ${what.length} bytes` }
}

/** What is wrong with what a log holds, if anything. */
async function contentProblem(log, end) {
  const records = await collect(log)
  if (records.length !== Number(end - FIRST_LSN) + 1) return `${records.length} records`
  const bad = records.find(({ lsn, bytes }) => Buffer.compare(bytes, record(lsn).bytes) !== 0)
  return bad === undefined ? undefined : `record ${bad.lsn} differs`
}

/** Opens a log, uses it, closes it. */
async function using(directory, body) {
  const log = await lmdbWal({ mapBytes: 2 ** 30 }).open(walContext(directory, { crc32c }))
  try {
    return await body(log)
  } finally {
    await log.close()
  }
}

async function verdictOn(directory) {
  let end = LAST_LSN
  try {
    const problem = await using(directory, (log) => contentProblem(log, end))
    if (problem !== undefined) return `WRONG: ${problem}`
  } catch (error) {
    const isTyped = ['SLUICE_CORRUPT', 'SLUICE_UNSUPPORTED_FORMAT'].includes(error.code)
    return isTyped ? error.code : `WRONG: ${error.stack}`
  }
  try {
    for (let round = 0; round < 2; round++) {
      const problem = await using(directory, async (log) => {
        for (const count of [1, 30, 2]) {
          const records = Array.from({ length: count }, (_, i) => record(end + 1n + BigInt(i)))
          await log.append(records, { durability: 'disk' })
          end += BigInt(count)
        }
        return contentProblem(log, end)
      })
      if (problem !== undefined) return `WRONG after appends: ${problem}`
    }
    const problem = await using(directory, (log) => contentProblem(log, end))
    return problem === undefined ? 'right' : `WRONG after reopening: ${problem}`
  } catch (error) {
    return `WRONG after appends: ${error.stack}`
  }
}

for (let index = Number(from); index < Number(to); index++) {
  const directory = mkdtempSync(join(tmpdir(), 'sluice-damage-'))
  mkdirSync(directory, { recursive: true })
  const { bytes, what } = damage(index)
  writeSync(1, `${index} ${what}: `)
  writeFileSync(join(directory, 'data.mdb'), bytes)
  const verdict = await verdictOn(directory)
  writeSync(1, `${verdict.replaceAll('\n', ' ')}\n`)
  rmSync(directory, { recursive: true })
}
