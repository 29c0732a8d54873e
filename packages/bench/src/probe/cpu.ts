/** CPU time of this process and, where Linux tells, of each core of the machine. */

import { readFileSync } from 'node:fs'
import { performance } from 'node:perf_hooks'

/**
 * Shares of one core's time, 0 to 1, by all processes of the machine.
 *
 * @internal
 */
export interface CoreUse {
  readonly user: number
  readonly system: number
  /** Waiting for the disk. */
  readonly ioWait: number
  /** Taken by the host of a virtual machine. */
  readonly stolen: number
}

/**
 * CPU time over a stretch of time.
 *
 * @internal
 */
export interface CpuUse {
  readonly wallMs: number
  /** CPU time of this process per wall time: cores kept busy. */
  readonly cores: number
  /** Of which in user code; the rest in the kernel. */
  readonly userCores: number
  /** Empty where /proc/stat is missing. */
  readonly perCore: readonly CoreUse[]
}

/**
 * Measures from construction until `stop`.
 *
 * @internal
 */
export class CpuProbe {
  readonly #startMs = performance.now()
  readonly #cpuStart = process.cpuUsage()
  readonly #coresStart = readCoreTicks()

  /** Ends measuring. */
  stop(): CpuUse {
    const wallMs = performance.now() - this.#startMs
    const { user, system } = process.cpuUsage(this.#cpuStart)
    const coresEnd = readCoreTicks()
    return {
      wallMs,
      cores: (user + system) / 1000 / wallMs,
      userCores: user / 1000 / wallMs,
      perCore: coresEnd.map((end, core) => coreUse(this.#coresStart[core] ?? [], end)),
    }
  }
}

/** Columns of a line `cpu<n>` of /proc/stat, see proc_stat(5). */
const USER = 0
const NICE = 1
const SYSTEM = 2
const IO_WAIT = 4
const IRQ = 5
const SOFT_IRQ = 6
const STOLEN = 7

function readCoreTicks(): number[][] {
  if (process.platform !== 'linux') return []
  const lines = readFileSync('/proc/stat', 'utf8').split('\n')
  return lines
    .filter((line) => /^cpu\d/.test(line))
    .map((line) => line.split(/\s+/).slice(1, 9).map(Number))
}

function coreUse(start: readonly number[], end: readonly number[]): CoreUse {
  const ticks = end.map((value, column) => value - (start[column] ?? 0))
  const total = Math.max(
    1,
    ticks.reduce((sum, value) => sum + value, 0),
  )
  const share = (...columns: number[]): number =>
    columns.reduce((sum, column) => sum + (ticks[column] ?? 0), 0) / total
  return {
    user: share(USER, NICE),
    system: share(SYSTEM, IRQ, SOFT_IRQ),
    ioWait: share(IO_WAIT),
    stolen: share(STOLEN),
  }
}
