/**
 * Size classes: four per doubling from 4 KiB to 64 MiB (4, 5, 6, 7, 8, 10, 12, 14, 16 KiB ...), as
 * jemalloc spaces them; above 64 MiB every multiple of 64 KiB is a class of its own. A request is
 * rounded up to its class, so a released slab serves any later request of that class; rounding
 * wastes less than 20 % of the class from 4 KiB up. Pure functions; they know nothing of memory.
 */

/** Bytes of the smallest class. */
const CLASS_BYTES_MIN = 4096
/** Bytes of the largest class with geometric spacing. */
const GEOMETRIC_BYTES_MAX = 64 * 1024 * 1024
/** Index of the class of GEOMETRIC_BYTES_MAX: 14 doublings of 4 classes. */
const GEOMETRIC_INDEX_MAX = 56
/** Step between classes above GEOMETRIC_BYTES_MAX, and the page size of WebAssembly. */
const LINEAR_STEP_BYTES = 64 * 1024
/** Smaller classes are carved out of regions of about this size. */
const REGION_BYTES_TARGET = 1024 * 1024

/**
 * Largest request, in bytes: 4 GiB, the longest Uint8Array and WebAssembly.Memory there is.
 * @public
 */
export const ALLOCATION_BYTES_MAX: number = 2 ** 32

/**
 * Largest alignment that can be asked for, in bytes.
 * @public
 */
export const ALIGNMENT_MAX = 65_536

/**
 * Index of the smallest class that holds `byteLength` bytes and whose size is a multiple of
 * `alignment`. Slabs of a class lie at multiples of the class size, so the second condition is what
 * keeps every one of them aligned.
 * @param byteLength - an integer from 1 to ALLOCATION_BYTES_MAX
 * @param alignment - a power of two up to ALIGNMENT_MAX
 * @public
 */
export function sizeClassOf(byteLength: number, alignment = 1): number {
  let index = smallestClassOf(byteLength)
  while (classBytes(index) % alignment !== 0) index += 1
  return index
}

/**
 * Bytes of a class. Strictly increasing in `index`.
 * @param index - a class index as given by sizeClassOf
 * @public
 */
export function classBytes(index: number): number {
  if (index > GEOMETRIC_INDEX_MAX) {
    return GEOMETRIC_BYTES_MAX + (index - GEOMETRIC_INDEX_MAX) * LINEAR_STEP_BYTES
  }
  return (4 + (index % 4)) * 1024 * 2 ** Math.floor(index / 4)
}

/**
 * Fewest slabs of a class that fill whole 64 KiB pages: regions are made of this many, or a
 * multiple, so that no byte of a region is outside a slab.
 * @param index - a class index
 * @internal
 */
export function unitSlabCount(index: number): number {
  const bytes = classBytes(index)
  const powerOfTwo = bytes % LINEAR_STEP_BYTES === 0 ? LINEAR_STEP_BYTES : bytes & -bytes
  return LINEAR_STEP_BYTES / powerOfTwo
}

/**
 * Most slabs in a region of a class: one from 1 MiB up, otherwise as many as fill 1 MiB or a little
 * more.
 * @param index - a class index
 * @internal
 */
export function regionSlabCount(index: number): number {
  const unit = unitSlabCount(index)
  return unit * Math.ceil(REGION_BYTES_TARGET / (unit * classBytes(index)))
}

function smallestClassOf(byteLength: number): number {
  if (byteLength <= CLASS_BYTES_MIN) return 0
  if (byteLength > GEOMETRIC_BYTES_MAX) {
    const steps = Math.ceil((byteLength - GEOMETRIC_BYTES_MAX) / LINEAR_STEP_BYTES)
    return GEOMETRIC_INDEX_MAX + steps
  }
  // The doubling [4 KiB * 2^d, 8 KiB * 2^d) that byteLength - 1 lies in.
  const doubling = 31 - Math.clz32(byteLength - 1) - 12
  const base = CLASS_BYTES_MIN * 2 ** doubling
  return doubling * 4 + Math.ceil((byteLength - base) / (base / 4))
}
