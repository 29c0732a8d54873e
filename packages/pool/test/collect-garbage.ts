import { setImmediate } from 'node:timers/promises'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'

/** Collects garbage and lets finalizers run until `done`, or gives up after many rounds. */
export async function collectGarbageUntil(done: () => boolean): Promise<void> {
  setFlagsFromString('--expose-gc')
  const collect = runInNewContext('gc') as () => void
  for (let round = 0; round < 200 && !done(); round += 1) {
    collect()
    await setImmediate()
  }
}
