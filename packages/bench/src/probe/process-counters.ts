/** What the system counts of this process and of the machine, since they began. */

import { readFileSync } from 'node:fs'

/**
 * Counts that only grow. What Linux alone tells is 0 elsewhere.
 *
 * @internal
 */
export interface ProcessCounters {
  /** Page faults without and with a read from a disk. */
  readonly minorFaults: number
  readonly majorFaults: number
  /** CPU time of all threads of the process, in milliseconds. */
  readonly userMs: number
  readonly systemMs: number
  /** The main thread was ready to run and had no core, in milliseconds; see proc_schedstat(5). */
  readonly waitMs: number
  /** CPU time of all processes on all cores, in milliseconds; steps of ten. */
  readonly busyMs: number
  /** Time that cores waited for a disk. */
  readonly ioWaitMs: number
  /** Time that the host of a virtual machine took from cores. */
  readonly hostMs: number
}

/** /proc counts in ticks of 1/100 s (`USER_HZ`), whatever the kernel's own. */
const TICK_MS = 10
const NS_PER_MS = 1e6

/**
 * Reads all counters.
 *
 * @internal
 */
export function readProcessCounters(): ProcessCounters {
  const use = process.resourceUsage()
  return {
    minorFaults: use.minorPageFault,
    majorFaults: use.majorPageFault,
    userMs: use.userCPUTime / 1000,
    systemMs: use.systemCPUTime / 1000,
    waitMs: readWaitMs(),
    ...readMachine(),
  }
}

/** The second number: nanoseconds on a run queue. */
function readWaitMs(): number {
  const [, waitNs] = read('/proc/self/schedstat').split(' ')
  return Number(waitNs ?? 0) / NS_PER_MS
}

function readMachine(): Pick<ProcessCounters, 'busyMs' | 'ioWaitMs' | 'hostMs'> {
  const line = read('/proc/stat').split('\n', 1)[0] ?? ''
  const ticks = line.split(/\s+/).slice(1).map(Number)
  const [user = 0, nice = 0, system = 0, , ioWait = 0, irq = 0, softIrq = 0, host = 0] = ticks
  return {
    busyMs: (user + nice + system + irq + softIrq) * TICK_MS,
    ioWaitMs: ioWait * TICK_MS,
    hostMs: host * TICK_MS,
  }
}

/** Files that the kernel was built without. */
const missing = new Set<string>()

function read(path: string): string {
  if (process.platform !== 'linux' || missing.has(path)) return ''
  try {
    return readFileSync(path, 'utf8')
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'ENOENT')) throw error
    missing.add(path)
    return ''
  }
}
