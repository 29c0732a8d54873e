/** The one place that knows which durabilities can be asked for. */

import { unexpected } from './checks.js'
import type { Durability } from './contract/index.js'

/**
 * Checks a durability.
 *
 * @throws InvalidArgumentError for anything but the three levels
 * @internal
 */
export function checkDurability(value: unknown): Durability {
  if (value === 'memory' || value === 'os' || value === 'disk') return value
  throw unexpected('durability', "'memory', 'os' or 'disk'", value)
}
