/** What a log must be able to do before anything is entrusted to it. */

import { unexpected } from '../checks.js'
import type { WalBackend, WalFactory } from '../contract/index.js'
import { LIMITS } from '../limits.js'
import { render } from '../render.js'

/**
 * Checks what an open log says of itself: otherwise the first write that it cannot do would end all
 * writing.
 *
 * @param factory - what opened it
 * @param wal - the log
 * @param isPersistent - whether it must outlive the process
 * @throws InvalidArgumentError naming the log and the capability
 * @internal
 */
export function checkCapabilities(
  { name }: WalFactory,
  { capabilities }: WalBackend,
  isPersistent: boolean,
): void {
  const log = `the log ${render(name)}`
  if (typeof capabilities !== 'object' || capabilities === null) {
    throw unexpected(`${log}: capabilities`, 'an object', capabilities)
  }
  const { durabilities, inlineBytesMax, frameBytesMax, persistent } = capabilities
  const levels: readonly unknown[] = Array.isArray(durabilities) ? durabilities : []
  if (!levels.includes('disk')) {
    const actual = Array.isArray(durabilities) ? levels.map(render).join() : durabilities
    throw unexpected(`${log}: capabilities.durabilities`, "levels with 'disk' among them", actual)
  }
  if (!Number.isFinite(inlineBytesMax) || inlineBytesMax < 0) {
    throw unexpected(`${log}: capabilities.inlineBytesMax`, '0 or more', inlineBytesMax)
  }
  const least = 2 * LIMITS.inlineBytesMax
  // A log without a bound may say Infinity.
  if (typeof frameBytesMax !== 'number' || !(frameBytesMax >= least)) {
    throw unexpected(`${log}: capabilities.frameBytesMax`, `${least} or more`, frameBytesMax)
  }
  if (isPersistent && persistent !== true) {
    throw unexpected('wal', 'a backend that outlives the process, with a path', name)
  }
}
