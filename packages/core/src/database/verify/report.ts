/** What a verification says, and how it is gathered: damage is written down, never thrown. */

import { throwIfReadAborted } from '../../abort.js'
import { bigintsAsText } from '../../bigints-as-text.js'
import { InternalError, SluiceError, type SluiceErrorCode, storageErrorFrom } from '../../errors.js'

/**
 * Something that is wrong with a file.
 *
 * @public
 */
export interface VerifyProblem {
  /** The file, or the directory of the log where its backend does not tell. */
  readonly file: string
  /** Where in the file, in bytes, if that is known. */
  readonly offset?: number
  /** The record of the log, if it is one. */
  readonly lsn?: bigint
  /** `SLUICE_CORRUPT` for damage; an I/O error, such as `SLUICE_PERMISSION`, has its own. */
  readonly code: SluiceErrorCode
  /** What is wrong, for people. */
  readonly problem: string
}

/**
 * What `Database.verify` found.
 *
 * @public
 */
export interface VerifyReport {
  /** Whether everything was read that has a checksum. */
  readonly deep: boolean
  /** Files that were looked at. */
  readonly fileCount: number
  /** Bytes that were read of them. */
  readonly byteLength: number
  /** Everything wrong; none when all is well. */
  readonly problems: readonly VerifyProblem[]
  /**
   * What lies in the directory and is not the database's: paths relative to it, sorted, a directory
   * with a `/` at its end. What the log keeps in its directory is the backend's business.
   */
  readonly unknownFiles: readonly string[]
}

/**
 * What ends a verification.
 *
 * @internal
 */
export interface ReportOptions {
  readonly deep: boolean
  readonly signal: AbortSignal | undefined
  /** Fires when the database is closed. */
  readonly closing: AbortSignal
}

/**
 * A report in the making.
 *
 * @internal
 */
export class ReportWriter {
  readonly deep: boolean
  readonly #options: ReportOptions
  readonly #problems: VerifyProblem[] = []
  #fileCount = 0
  #byteLength = 0

  constructor(options: ReportOptions) {
    this.#options = options
    this.deep = options.deep
  }

  /** Whether nothing is wrong so far. */
  get isClean(): boolean {
    return this.#problems.length === 0
  }

  /** @throws AbortError; StateError `SLUICE_CLOSED` when the database is being closed */
  checkGoesOn(): void {
    this.#options.closing.throwIfAborted()
    throwIfReadAborted(this.#options.signal, 'the verification')
  }

  /** Counts files that were looked at. */
  countFiles(count = 1): void {
    this.#fileCount += count
  }

  /** Counts bytes that were read. */
  countBytes(byteLength: number): void {
    this.#byteLength += byteLength
  }

  /** Notes a problem. */
  add(problem: VerifyProblem): void {
    this.#problems.push(bigintsAsText({ ...problem }))
  }

  /** Notes damage of a file. */
  damaged(file: string, problem: string, where: { readonly offset?: number } = {}): void {
    this.add({ file, ...where, code: 'SLUICE_CORRUPT', problem: `${file}: ${problem}` })
  }

  /**
   * Runs a check. What it throws because of the file becomes a problem.
   *
   * @param file - what is checked, unless the error names another
   * @returns what the check did; undefined when it found something wrong
   */
  async attempt<T>(file: string, check: () => Promise<T>): Promise<T | undefined> {
    try {
      return await check()
    } catch (error) {
      if (isAbout(error)) throw error
      this.add(problemFrom(error, file))
      return undefined
    }
  }

  /** The report. */
  finish(unknownFiles: readonly string[]): VerifyReport {
    return {
      deep: this.deep,
      fileCount: this.#fileCount,
      byteLength: this.#byteLength,
      problems: this.#problems,
      unknownFiles,
    }
  }
}

/** Whether an error is about the verification itself and not about a file. */
function isAbout(error: unknown): boolean {
  if (error instanceof InternalError) return true
  if (!(error instanceof SluiceError)) return !(error instanceof Error && 'syscall' in error)
  return error.code === 'SLUICE_ABORTED' || error.code === 'SLUICE_CLOSED'
}

function problemFrom(error: unknown, file: string): VerifyProblem {
  const { code, message, details } = storageErrorFrom(error, `check ${file}`, { file })
  const { offset, lsn } = details
  return {
    file: typeof details['file'] === 'string' ? details['file'] : file,
    ...(typeof offset === 'number' ? { offset } : {}),
    ...(typeof lsn === 'bigint' ? { lsn } : {}),
    code,
    problem: message,
  }
}
