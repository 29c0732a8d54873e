/**
 * The idle slabs of one size class. Warm slabs have their pages in memory (they were leased before,
 * or prefaulted) and go out first, the last released first; cold ones are still to be touched for
 * the first time.
 */
import type { Region, Slab } from './region.js'

/**
 * Idle slabs of one size class.
 * @internal
 */
export class FreeList {
  #warm: Slab[] = []
  readonly #cold = new Set<Slab>()

  /** Idle slabs, warm and cold. */
  get count(): number {
    return this.#warm.length + this.#cold.size
  }

  /** Takes a slab out, warm ones first; undefined when there is none. */
  take(): Slab | undefined {
    const warm = this.#warm.pop()
    if (warm !== undefined) return warm
    for (const slab of this.#cold) {
      this.#cold.delete(slab)
      return slab
    }
    return undefined
  }

  /** @param slab - a slab whose pages are in memory */
  putWarm(slab: Slab): void {
    this.#warm.push(slab)
  }

  /** @param region - a new region, none of whose slabs has been touched */
  addCold(region: Region): void {
    for (const slab of region.slabs) this.#cold.add(slab)
  }

  /** Regions that have a cold slab. */
  coldRegions(): ReadonlySet<Region> {
    const regions = new Set<Region>()
    for (const slab of this.#cold) regions.add(slab.region)
    return regions
  }

  /** @param region - a region whose pages are in memory now: its cold slabs become warm */
  warm(region: Region): void {
    for (const slab of region.slabs) {
      if (this.#cold.delete(slab)) this.#warm.push(slab)
    }
  }

  /** @param region - a region to forget: none of its slabs is leased */
  drop(region: Region): void {
    let coldCount = 0
    for (const slab of region.slabs) {
      if (this.#cold.delete(slab)) coldCount += 1
    }
    if (coldCount === region.slabs.length) return
    this.#warm = this.#warm.filter((slab) => slab.region !== region)
  }
}
