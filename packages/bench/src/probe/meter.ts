/** All that is watched while something runs: time, CPU, memory, the event loop. */

import type { Figures } from '../figures.js'
import { CpuProbe, type CpuUse } from './cpu.js'
import { type EventLoopDelay, EventLoopProbe } from './event-loop.js'
import { MemoryProbe, type MemoryUse } from './memory.js'

/**
 * What a run used.
 *
 * @internal
 */
export interface Use {
  readonly cpu: CpuUse
  readonly memory: MemoryUse
  readonly eventLoop: EventLoopDelay
}

/**
 * Runs a task and tells what it used.
 *
 * @internal
 */
export async function metered<T>(task: () => Promise<T>): Promise<{ result: T; use: Use }> {
  const memory = new MemoryProbe()
  const eventLoop = new EventLoopProbe()
  const cpu = new CpuProbe()
  try {
    const result = await task()
    const cpuUse = cpu.stop()
    return { result, use: { cpu: cpuUse, eventLoop: eventLoop.stop(), memory: memory.stop() } }
  } catch (error) {
    eventLoop.stop()
    memory.stop()
    throw error
  }
}

/**
 * Adds what a run used to a report.
 *
 * @param figures - takes the samples
 * @param prefix - the name of the benchmark
 * @param use - from {@link metered}
 * @param rowCount - rows written meanwhile
 * @internal
 */
export function addUse(figures: Figures, prefix: string, use: Use, rowCount: number): void {
  const { cpu, memory, eventLoop } = use
  figures.add(`${prefix}.cpuCores`, 'cores', cpu.cores)
  figures.add(`${prefix}.cpuUserCores`, 'cores', cpu.userCores)
  cpu.perCore.forEach((core, index) => {
    figures.add(`${prefix}.core${index}.user`, 'share', core.user)
    figures.add(`${prefix}.core${index}.system`, 'share', core.system)
    figures.add(`${prefix}.core${index}.ioWait`, 'share', core.ioWait)
    figures.add(`${prefix}.core${index}.stolen`, 'share', core.stolen)
  })
  figures.add(`${prefix}.eventLoopDelayP50`, 'ms', eventLoop.p50)
  figures.add(`${prefix}.eventLoopDelayP99`, 'ms', eventLoop.p99)
  figures.add(`${prefix}.eventLoopDelayMax`, 'ms', eventLoop.max)
  figures.add(`${prefix}.rssMax`, 'bytes', memory.rssBytesMax)
  figures.add(`${prefix}.rssStart`, 'bytes', memory.rssBytesStart)
  figures.add(`${prefix}.heapBytesPerRow`, 'bytes', memory.heapBytesAllocated / rowCount)
  figures.add(`${prefix}.gcShare`, 'share', memory.gcMs / cpu.wallMs)
}
