/** Types of `file-faults.mjs`. */

/** Which files: those below a directory of this name. `directories` are all others. */
export type FileArea =
  | 'checkpoints'
  | 'columns'
  | 'segments'
  | 'recycled'
  | 'log mark'
  | 'log'
  | 'directories'
  | 'any'

/** What is to go wrong, and when. */
export interface FileFault {
  readonly area: FileArea
  /** Only operations of this name count, such as `rename`. */
  readonly operation?: string
  /** The operation of the area that is hit, from 1 on. */
  readonly count: number
  /** How many operations are hit in a row. Default 1. */
  readonly repeat?: number
  readonly action: 'kill before' | 'kill half' | 'kill after' | 'fail before' | 'fail half'
  /** For failures: `ENOSPC` and the like. */
  readonly code?: string
}

export declare function installFileFaults(): Promise<void>
export declare function armFault(fault?: FileFault): void
export declare function filesOpen(): string[]
export declare function operationsDone(): string[]
