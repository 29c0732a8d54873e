/** The logs of this package and what authors of further ones need. */

export { AppendGate, type AppendGateOptions } from './append-gate.js'
export { type FileWalOptions, fileWal } from './file-wal/file-wal.js'
export { memoryWal } from './memory-wal.js'
export { type Frame, nextFrame } from './record/frame.js'
export {
  type DecodedHeader,
  decodeHeader,
  RECORD_HEADER_BYTES,
  type RecordHeader,
} from './record/header.js'
