/**
 * All regions of an allocator, and the limit on their bytes: takes regions from the backing, keeps
 * their idle slabs in a free list per class, and drops idle regions to make room or to keep few
 * idle bytes.
 * Invariants: reservedBytes = leased + idle <= bytesMax; a slab is leased or in exactly one free
 * list; a region with a leased slab is never dropped. It knows nothing of leases, only of which
 * slabs are out.
 */
import { Backing, type BackingKind } from './backing/backing.js'
import { FreeList } from './free-list.js'
import { PoolError } from './pool-error.js'
import { Region, type Slab } from './region.js'
import { classBytes, regionSlabCount, unitSlabCount } from './size-classes.js'

/**
 * Most of the limit that one region of several slabs should take: under a small limit, the first
 * slab of a class must not leave no room for other classes.
 */
const REGION_SHARE_MAX = 1 / 16

/**
 * Options of RegionStore.
 * @internal
 */
export interface RegionStoreOptions {
  readonly bytesMax: number
  readonly idleBytesMax: number
  readonly backing: BackingKind
  /** Called after a region was dropped. */
  readonly onDrop: () => void
}

/**
 * Regions under a byte limit.
 * @internal
 */
export class RegionStore {
  readonly backing: Backing
  readonly #options: RegionStoreOptions
  readonly #regions = new Set<Region>()
  readonly #freeLists = new Map<number, FreeList>()
  #reservedBytes = 0
  #leasedBytes = 0
  /** Bytes of the regions without a leased slab. */
  #droppableBytes = 0

  /** @param options - limits, backing, what to tell of drops */
  constructor(options: RegionStoreOptions) {
    this.#options = options
    this.backing = new Backing(options.backing)
  }

  /** Bytes of all regions. */
  get reservedBytes(): number {
    return this.#reservedBytes
  }

  /** Bytes of the slabs that are out. */
  get leasedBytes(): number {
    return this.#leasedBytes
  }

  /**
   * Takes a slab out: an idle one, or one of a new region.
   * @param classIndex - its size class
   * @param byteLength - bytes asked for, for the message
   * @throws PoolError SLUICE_LIMIT_EXCEEDED
   */
  take(classIndex: number, byteLength: number): Slab {
    const freeList = this.#freeListOf(classIndex)
    if (freeList.count === 0) this.#addRegion(classIndex, byteLength)
    const slab = freeList.take()
    if (slab === undefined) throw new Error('a new region has no slab')
    const { region } = slab
    if (region.leasedCount === 0) this.#droppableBytes -= region.byteLength
    region.leasedCount += 1
    this.#leasedBytes += region.slabBytes
    return slab
  }

  /**
   * Takes a slab back.
   * @param slab - one that take() gave out
   */
  putBack(slab: Slab): void {
    const { region } = slab
    region.leasedCount -= 1
    this.#leasedBytes -= region.slabBytes
    this.#freeListOf(region.classIndex).putWarm(slab)
    if (region.leasedCount > 0) return
    this.#droppableBytes += region.byteLength
    if (this.#droppableBytes > this.#options.idleBytesMax) this.#drop(region)
  }

  /**
   * Makes regions until at least `count` slabs of a class are idle.
   * @param classIndex - the size class
   * @param count - slabs
   * @param byteLength - bytes asked for, for the message
   * @returns the free list of the class
   * @throws PoolError SLUICE_LIMIT_EXCEEDED; regions made before stay
   */
  stock(classIndex: number, count: number, byteLength: number): FreeList {
    const freeList = this.#freeListOf(classIndex)
    while (freeList.count < count) this.#addRegion(classIndex, byteLength)
    return freeList
  }

  /**
   * Drops idle regions until `wantedBytes` are dropped or none is left.
   * @param wantedBytes - bytes to drop
   * @param exceptClass - class whose regions stay
   * @returns bytes dropped, which may be more
   */
  dropIdle(wantedBytes: number, exceptClass?: number): number {
    let droppedBytes = 0
    for (const region of this.#regions) {
      if (droppedBytes >= wantedBytes) break
      if (region.leasedCount > 0 || region.classIndex === exceptClass) continue
      this.#drop(region)
      droppedBytes += region.byteLength
    }
    return droppedBytes
  }

  #freeListOf(classIndex: number): FreeList {
    let freeList = this.#freeLists.get(classIndex)
    if (freeList === undefined) {
      freeList = new FreeList()
      this.#freeLists.set(classIndex, freeList)
    }
    return freeList
  }

  /** Takes a region from the backing: near the limit, as many units as there is room for. */
  #addRegion(classIndex: number, byteLength: number): void {
    const unitBytes = unitSlabCount(classIndex) * classBytes(classIndex)
    const shareBytes = this.#options.bytesMax * REGION_SHARE_MAX
    const fullBytes = Math.min(
      regionSlabCount(classIndex) * classBytes(classIndex),
      Math.max(unitBytes, shareBytes - (shareBytes % unitBytes)),
    )
    const roomBytes = this.#makeRoom(fullBytes, unitBytes, classIndex)
    if (roomBytes < unitBytes) throw this.#limitError(byteLength, unitBytes)
    const regionBytes = Math.min(fullBytes, roomBytes - (roomBytes % unitBytes))
    const region = new Region(this.#createBuffer(regionBytes, byteLength), classIndex)
    this.#regions.add(region)
    this.#reservedBytes += regionBytes
    this.#droppableBytes += regionBytes
    this.#freeListOf(classIndex).addCold(region)
  }

  /**
   * Drops idle regions of other classes until `wantedBytes` fit under the limit, unless not even
   * `neededBytes` would.
   * @returns bytes that can be reserved now
   */
  #makeRoom(wantedBytes: number, neededBytes: number, classIndex: number): number {
    const roomBytes = this.#options.bytesMax - this.#reservedBytes
    if (roomBytes >= wantedBytes) return roomBytes
    let idleBytes = 0
    for (const region of this.#regions) {
      if (region.leasedCount > 0 || region.classIndex === classIndex) continue
      idleBytes += region.byteLength
    }
    if (roomBytes + idleBytes < neededBytes) return roomBytes
    return roomBytes + this.dropIdle(wantedBytes - roomBytes, classIndex)
  }

  #drop(region: Region): void {
    this.#regions.delete(region)
    this.#freeListOf(region.classIndex).drop(region)
    this.#reservedBytes -= region.byteLength
    this.#droppableBytes -= region.byteLength
    this.backing.discard(region.byteLength)
    this.#options.onDrop()
  }

  #createBuffer(regionBytes: number, byteLength: number): ArrayBufferLike {
    try {
      return this.backing.create(regionBytes)
    } catch (error) {
      if (!(error instanceof RangeError)) throw error
      throw this.#limitError(byteLength, regionBytes, error)
    }
  }

  #limitError(byteLength: number, neededBytes: number, refusal?: RangeError): PoolError {
    const { bytesMax } = this.#options
    const request = `a request of ${byteLength} bytes needs ${neededBytes} more bytes`
    const state = `${this.#reservedBytes} are reserved (${this.#leasedBytes} leased)`
    const reason = refusal === undefined ? 'but' : `which the system refused (${refusal.message});`
    return new PoolError(
      'SLUICE_LIMIT_EXCEEDED',
      `${request}, ${reason} of the limit of ${bytesMax} bytes ${state}`,
      {
        asked: byteLength,
        needed: neededBytes,
        leased: this.#leasedBytes,
        reserved: this.#reservedBytes,
        limit: bytesMax,
      },
      refusal === undefined ? {} : { cause: refusal },
    )
  }
}
