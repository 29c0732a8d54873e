/**
 * One block of a checkpoint file: a header of 24 bytes, little endian, and the next bytes of the
 * stream.
 *
 *     0 magic u32 'SLCB' | 4 version u8 | 5 last u8 (0, 1) | 6 zero u16 | 8 payload bytes u32
 *     12 index u32 | 16 checkpoint number u32 | 20 crc32c u32 of bytes 0 to 19 and the payload
 *
 * Every block but the last is 64 KiB long, so block i lies at i * 64 KiB. Magic, payload bytes and
 * crc32c stay where they are in every version: damage is told from a later format.
 */

import { CorruptionError } from '../../errors.js'

/**
 * Bytes of every block but the last, header included.
 *
 * @internal
 */
export const BLOCK_BYTES: number = 64 * 1024

/**
 * Bytes in front of a payload.
 *
 * @internal
 */
export const BLOCK_HEADER_BYTES = 24

/**
 * The most bytes that a block carries.
 *
 * @internal
 */
export const BLOCK_PAYLOAD_BYTES: number = BLOCK_BYTES - BLOCK_HEADER_BYTES

/** 'SLCB' as a little-endian u32. */
const MAGIC = 0x4243_4c53
const VERSION = 1
const CRC_OFFSET = 20

/**
 * What names a block.
 *
 * @internal
 */
export interface BlockIdentity {
  /** 0, 1, 2 and so on within its file. */
  readonly index: number
  /** The number of the checkpoint. */
  readonly number: number
  readonly crc32c: (bytes: Uint8Array, seed?: number) => number
}

/**
 * Writes the header of a block in front of its payload.
 *
 * @param block - header and payload, and nothing else
 * @internal
 */
export function sealBlock(block: Uint8Array, isLast: boolean, identity: BlockIdentity): void {
  const view = new DataView(block.buffer, block.byteOffset, BLOCK_HEADER_BYTES)
  view.setUint32(0, MAGIC, true)
  view.setUint8(4, VERSION)
  view.setUint8(5, isLast ? 1 : 0)
  view.setUint16(6, 0, true)
  view.setUint32(8, block.length - BLOCK_HEADER_BYTES, true)
  view.setUint32(12, identity.index, true)
  view.setUint32(16, identity.number, true)
  view.setUint32(CRC_OFFSET, blockCrc(block, identity), true)
}

/**
 * Checks a block that was read.
 *
 * @param bytes - the block and whatever follows it in the file, up to 64 KiB
 * @returns a view of the payload, and whether the block says that it is the last one
 * @throws CorruptionError `SLUICE_CORRUPT`, `SLUICE_UNSUPPORTED_FORMAT` with `file` and `offset`
 * @internal
 */
export function openBlock(
  bytes: Uint8Array,
  file: string,
  identity: BlockIdentity,
): { readonly payload: Uint8Array; readonly isLast: boolean } {
  const offset = identity.index * BLOCK_BYTES
  if (bytes.length < BLOCK_HEADER_BYTES) throw damagedAt(file, offset, 'the file is cut off')
  const view = new DataView(bytes.buffer, bytes.byteOffset, BLOCK_HEADER_BYTES)
  if (view.getUint32(0, true) !== MAGIC) throw damagedAt(file, offset, 'no block starts here')
  const length = view.getUint32(8, true)
  if (length > BLOCK_PAYLOAD_BYTES) {
    throw damagedAt(file, offset, `a block cannot hold ${length} bytes`)
  }
  const block = bytes.subarray(0, BLOCK_HEADER_BYTES + length)
  if (block.length < BLOCK_HEADER_BYTES + length) {
    throw damagedAt(file, offset, 'its last block is cut off')
  }
  if (view.getUint32(CRC_OFFSET, true) !== blockCrc(block, identity)) {
    throw damagedAt(file, offset, 'the checksum of the block does not match')
  }
  const problem = headerProblem(view, file, identity)
  if (problem !== undefined) throw problem
  return { payload: block.subarray(BLOCK_HEADER_BYTES), isLast: view.getUint8(5) === 1 }
}

/** What is wrong with a header whose checksum is right. */
function headerProblem(
  view: DataView,
  file: string,
  { index, number }: BlockIdentity,
): CorruptionError | undefined {
  const offset = index * BLOCK_BYTES
  const version = view.getUint8(4)
  if (version !== VERSION) {
    return unsupportedAt(file, offset, `block version ${version} is unknown`)
  }
  const actualNumber = view.getUint32(16, true)
  if (actualNumber !== number) {
    return damagedAt(file, offset, `the block belongs to checkpoint ${actualNumber}, not ${number}`)
  }
  const actualIndex = view.getUint32(12, true)
  if (actualIndex !== index) {
    return damagedAt(file, offset, `block ${actualIndex} is in the place of block ${index}`)
  }
  const last = view.getUint8(5)
  const isWhole = last === 1 || (last === 0 && view.getUint32(8, true) === BLOCK_PAYLOAD_BYTES)
  if (isWhole && view.getUint16(6, true) === 0) return undefined
  return damagedAt(file, offset, 'the header of the block breaks the rules')
}

function blockCrc(block: Uint8Array, { crc32c }: BlockIdentity): number {
  return crc32c(block.subarray(BLOCK_HEADER_BYTES), crc32c(block.subarray(0, CRC_OFFSET)))
}

/**
 * The error for damage in a checkpoint file.
 *
 * @param offset - byte of the file
 * @internal
 */
export function damagedAt(
  file: string,
  offset: number,
  problem: string,
  cause?: unknown,
): CorruptionError {
  const message = `${file} is damaged at byte ${offset}: ${problem}`
  return new CorruptionError('SLUICE_CORRUPT', message, { details: { file, offset }, cause })
}

/**
 * The error for what a later release has written.
 *
 * @param offset - byte of the file
 * @internal
 */
export function unsupportedAt(file: string, offset: number, what: string): CorruptionError {
  const message = `${file}, byte ${offset}: ${what}; a later release of Sluice reads it`
  const details = { file, offset }
  return new CorruptionError('SLUICE_UNSUPPORTED_FORMAT', message, { details })
}
