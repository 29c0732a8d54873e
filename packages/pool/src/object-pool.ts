/**
 * A bounded pool of reusable objects, for those whose construction or garbage is worth avoiding.
 * Idle objects never outnumber the capacity; objects in use are not counted against it. It does not
 * know what the objects are.
 */
import { checkInteger } from './check.js'
import { PoolError } from './pool-error.js'

/**
 * Options of ObjectPool.
 * @public
 */
export interface ObjectPoolOptions<T extends object> {
  /** Makes an object when none is idle. */
  readonly create: () => T
  /** Readies a released object for its next use; it should let go of what the last use left. */
  readonly reset: (object: T) => void
  /** Most idle objects to keep. */
  readonly capacity: number
}

/**
 * A snapshot of an object pool.
 * @public
 */
export interface ObjectPoolStats {
  /** Objects ready to be acquired. */
  readonly idle: number
  /** acquire() calls that made an object. */
  readonly created: number
  /** acquire() calls that got an idle one. */
  readonly reused: number
  /** Released objects that were let go: beyond the capacity, or because `reset` threw. */
  readonly discarded: number
}

/**
 * Reusable objects, last released first.
 * @public
 */
export class ObjectPool<T extends object> {
  readonly #options: ObjectPoolOptions<T>
  readonly #stack: T[] = []
  readonly #idle = new Set<T>()
  #created = 0
  #reused = 0
  #discarded = 0

  /**
   * @param options - how to make and reset objects, and how many to keep
   * @throws PoolError SLUICE_INVALID_ARGUMENT if the capacity is not an integer of at least 0
   */
  constructor(options: ObjectPoolOptions<T>) {
    checkInteger('capacity', options.capacity, 0, Number.MAX_SAFE_INTEGER)
    this.#options = options
  }

  /** An object that nobody else has: an idle one, or a new one. */
  acquire(): T {
    const object = this.#stack.pop()
    if (object === undefined) {
      const created = this.#options.create()
      this.#created += 1
      return created
    }
    this.#idle.delete(object)
    this.#reused += 1
    return object
  }

  /**
   * Gives an object back; the caller must not use it afterwards. If `reset` throws, the object is
   * let go and the error passed on.
   * @param object - what acquire() returned
   * @throws PoolError SLUICE_DOUBLE_RELEASE if the object is idle already
   */
  release(object: T): void {
    if (this.#idle.has(object)) {
      throw new PoolError(
        'SLUICE_DOUBLE_RELEASE',
        `an object was released that is already one of the ${this.#idle.size} idle objects`,
        { idle: this.#idle.size, capacity: this.#options.capacity },
      )
    }
    this.#reset(object)
    if (this.#idle.size >= this.#options.capacity) {
      this.#discarded += 1
      return
    }
    this.#idle.add(object)
    this.#stack.push(object)
  }

  /** What is idle and counted so far. */
  stats(): ObjectPoolStats {
    return {
      idle: this.#idle.size,
      created: this.#created,
      reused: this.#reused,
      discarded: this.#discarded,
    }
  }

  #reset(object: T): void {
    try {
      this.#options.reset(object)
    } catch (error) {
      this.#discarded += 1
      throw error
    }
  }
}
