/**
 * The platforms that have a package with a binary of their own, and what a binary must be to be
 * theirs. It must not know where binaries come from or go.
 */

/** npm's `os`, `cpu` and `libc` of each platform, and the target of build.mjs. */
export const PLATFORMS = {
  'linux-x64-gnu': { os: 'linux', cpu: 'x64', libc: 'glibc', target: 'linux-x64' },
  'linux-x64-musl': { os: 'linux', cpu: 'x64', libc: 'musl', target: 'linux-x64' },
  'linux-arm64-gnu': { os: 'linux', cpu: 'arm64', libc: 'glibc', target: 'linux-arm64' },
  'linux-arm64-musl': { os: 'linux', cpu: 'arm64', libc: 'musl', target: 'linux-arm64' },
  'darwin-arm64': { os: 'darwin', cpu: 'arm64', target: 'darwin-arm64' },
  'darwin-x64': { os: 'darwin', cpu: 'x64', target: 'darwin-x64' },
  'win32-x64': { os: 'win32', cpu: 'x64', target: 'win32-x64' },
}

/** The glibc that Node.js 20 asks for: https://github.com/nodejs/node/blob/v20.x/BUILDING.md */
const GLIBC_MINOR_MAX = 28

/** Machine numbers of ELF (offset 18), Mach-O (offset 4) and PE (4 after the header's start). */
const MACHINES = {
  linux: { x64: 62, arm64: 183 },
  darwin: { x64: 0x01000007, arm64: 0x0100000c },
  win32: { x64: 0x8664 },
}

/** Nothing of these may be needed: sanitizers, and a C++ library of who knows which version, which
 * operator new would want already. */
const LIBRARIES_REFUSED = ['libasan.', 'libubsan.', 'libstdc++.', 'libc++.']

function machineOf(bytes, os) {
  const ends = bytes.length < 64
  if (os === 'linux' && !ends && bytes.readUInt32BE(0) === 0x7f454c46) return bytes.readUInt16LE(18)
  if (os === 'darwin' && !ends && bytes.readUInt32LE(0) === 0xfeedfacf) return bytes.readUInt32LE(4)
  if (os !== 'win32' || ends || bytes.toString('latin1', 0, 2) !== 'MZ') return undefined
  const start = bytes.readUInt32LE(0x3c)
  return start + 6 <= bytes.length ? bytes.readUInt16LE(start + 4) : undefined
}

/** What keeps the bytes from being a binary for the platform; undefined when nothing does. */
export function whyNotFor(platform, bytes) {
  const { os, cpu, libc } = PLATFORMS[platform]
  if (machineOf(bytes, os) !== MACHINES[os][cpu]) return `it is no ${os} binary for ${cpu}`
  const text = bytes.toString('latin1')
  const refused = LIBRARIES_REFUSED.find((name) => text.includes(`\0${name}`))
  if (refused !== undefined) return `it needs ${refused}`
  if (os !== 'linux') return undefined
  const isGlibc = text.includes('\0libc.so.6\0')
  if (isGlibc !== (libc === 'glibc')) return `it is linked against ${isGlibc ? 'glibc' : 'musl'}`
  const minors = [...text.matchAll(/GLIBC_2\.(\d+)/g)].map((match) => Number(match[1]))
  const needed = Math.max(0, ...minors)
  return needed > GLIBC_MINOR_MAX ? `it needs glibc 2.${needed}` : undefined
}
