/**
 * Records in one file: the number of the first one (u64, little endian), then the records end to
 * end. What is in the file is in memory too. All writes are synchronous and synced.
 */
import * as fs from 'node:fs'
import { dirname } from 'node:path'
import { nextFrame, type WalOpenContext, type WalRecord, type WalStats } from '@sluice/core'

const HEAD_BYTES = 8

/** A file of records whose numbers have no gap. */
export class RecordFile {
  readonly #path: string
  #firstLsn: bigint
  #records: readonly WalRecord[]
  #syncCount = 0

  constructor(path: string, context: Pick<WalOpenContext, 'readOnly' | 'crc32c'>) {
    this.#path = path
    const bytes = fs.existsSync(path) ? fs.readFileSync(path) : headOf(1n)
    this.#firstLsn = bytes.readBigUInt64LE()
    this.#records = recordsOf(bytes, context.crc32c)
    const { firstLsn, lastLsn } = this.stats()
    // A new file, without what a crash may have left at the end of the old one.
    if (!context.readOnly) this.keep(firstLsn, lastLsn)
  }

  /** What the file holds; later writes change nothing in what was returned. */
  stats(): WalStats {
    const firstLsn = this.#firstLsn
    const lastLsn = firstLsn + BigInt(this.#records.length) - 1n
    const byteLength = this.#records.reduce((sum, { bytes }) => sum + bytes.length, HEAD_BYTES)
    return { firstLsn, lastLsn, byteLength, syncCount: this.#syncCount }
  }

  /** Copies of the records from a number on, as they are now; `check` may end the reading. */
  read(fromLsn: bigint, check: () => void): AsyncIterable<WalRecord> {
    check()
    const records = this.#records.filter(({ lsn }) => lsn >= fromLsn)
    return copiesOf(records, check)
  }

  /** Adds copies of records. */
  append(added: readonly WalRecord[]): void {
    const copies = added.map(copyOf)
    fs.appendFileSync(this.#path, Buffer.concat(bytesOf(copies)), { flush: true })
    this.#syncCount++
    this.#records = [...this.#records, ...copies]
  }

  /** Forgets all other records. Whenever the power fails, the old file is there or the new one. */
  keep(firstLsn: bigint, lastLsn: bigint): void {
    const kept = this.#records.filter(({ lsn }) => lsn >= firstLsn && lsn <= lastLsn)
    const bytes = Buffer.concat([headOf(firstLsn), ...bytesOf(kept)])
    fs.writeFileSync(`${this.#path}.new`, bytes, { flush: true })
    fs.renameSync(`${this.#path}.new`, this.#path)
    const directory = fs.openSync(dirname(this.#path), 'r')
    fs.fsyncSync(directory)
    fs.closeSync(directory)
    this.#syncCount++
    this.#firstLsn = firstLsn
    this.#records = kept
  }
}

/** Records up to the end, or up to one that a crash cut short: nobody was promised that one. */
function recordsOf(bytes: Uint8Array, crc32c: WalOpenContext['crc32c']): WalRecord[] {
  const records: WalRecord[] = []
  let frame = nextFrame(bytes, HEAD_BYTES, crc32c)
  for (let end = HEAD_BYTES; frame.status === 'ok'; frame = nextFrame(bytes, end, crc32c)) {
    records.push({ lsn: frame.header.lsn, bytes: frame.bytes })
    end += frame.bytes.length
  }
  if (frame.status === 'bad') throw frame.error
  return records
}

async function* copiesOf(
  records: readonly WalRecord[],
  check: () => void,
): AsyncGenerator<WalRecord> {
  for (const record of records) {
    check()
    yield copyOf(record)
  }
}

function copyOf({ lsn, bytes }: WalRecord): WalRecord {
  return { lsn, bytes: new Uint8Array(bytes) }
}

function bytesOf(records: readonly WalRecord[]): Uint8Array[] {
  return records.map((record) => record.bytes)
}

function headOf(firstLsn: bigint): Buffer {
  const head = Buffer.alloc(HEAD_BYTES)
  head.writeBigUInt64LE(firstLsn)
  return head
}
