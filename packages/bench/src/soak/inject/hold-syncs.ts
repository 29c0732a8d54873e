/**
 * Injects a disk that takes its time to sync: `datasync` of any file of the process that begins
 * during a fault waits for its end.
 */

import { type FileHandle, open } from 'node:fs/promises'
import { devNull } from 'node:os'
import type { Injection } from './injection.js'

/**
 * The fault.
 *
 * @internal
 */
export const holdSyncs: Injection = {
  cause: 'segment-sync',
  async run(schedule, _, signal) {
    const handles = await handlePrototype()
    const { datasync } = handles
    handles.datasync = async function (this: FileHandle): Promise<void> {
      await schedule.whenOver()
      return datasync.call(this)
    }
    try {
      await schedule.during(() => schedule.whenOver(), signal)
    } finally {
      handles.datasync = datasync
    }
  },
}

/** What all handles have their methods from. */
async function handlePrototype(): Promise<FileHandle> {
  const handle = await open(devNull)
  await handle.close()
  return Object.getPrototypeOf(handle) as FileHandle
}
