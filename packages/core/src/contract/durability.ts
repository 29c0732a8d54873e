/** How far a write has got when its call resolves. */

/**
 * `memory`: visible to searches; a crash may lose it. `os`: handed to the operating system; it
 * survives the death of the process, not of the machine. `disk`: synced; it survives power loss.
 * Whatever the level, what survives is a prefix of what was acknowledged: no holes.
 *
 * @public
 */
export type Durability = 'memory' | 'os' | 'disk'
