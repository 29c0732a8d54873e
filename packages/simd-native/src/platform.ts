/**
 * Names the platform whose binary runs here, as the packages that carry binaries are named:
 * `linux-x64-gnu`, `linux-arm64-musl`, `darwin-arm64`, …
 */

import { closeSync, openSync, readSync } from 'node:fs'

/** Where an ELF file names its dynamic linker, unless it was rewritten after linking. */
const HEAD_BYTES = 4096

/**
 * Operating system, architecture and, on Linux, the C library.
 *
 * @param executable - the running Node.js, which tells the C library
 * @internal
 */
export function platformName(executable: string = process.execPath): string {
  const name = `${process.platform}-${process.arch}`
  return process.platform === 'linux' ? `${name}-${libcName(executable)}` : name
}

/** The executable's dynamic linker tells; the report of Node.js knows too, but takes 20 times as
 * long, and much longer where it looks up the addresses of open connections. */
function libcName(executable: string): 'gnu' | 'musl' {
  const head = readHead(executable)
  if (head.includes('/ld-musl-')) return 'musl'
  if (head.includes('/ld-linux')) return 'gnu'
  const { header } = process.report.getReport() as { header?: { glibcVersionRuntime?: string } }
  return header?.glibcVersionRuntime === undefined ? 'musl' : 'gnu'
}

/** Empty when the file cannot be read: it may have been replaced since it was started. */
function readHead(path: string): string {
  let file: number
  try {
    file = openSync(path, 'r')
  } catch {
    return ''
  }
  try {
    const bytes = Buffer.alloc(HEAD_BYTES)
    return bytes.toString('latin1', 0, readSync(file, bytes))
  } finally {
    closeSync(file)
  }
}
