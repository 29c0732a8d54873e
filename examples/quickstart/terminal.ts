/** Printing a page for people: 80 columns; colours and redrawn lines on a terminal only. */

const { stdout } = process
const isColoured = stdout.isTTY === true && !process.env['NO_COLOR']

/** Columns of a page. */
export const PAGE_COLUMNS = 80

/** Prints a line. */
export function print(line = ''): void {
  stdout.write(`${line}\n`)
}

/** Prints a numbered heading, with empty lines around it. */
export function printHeading(step: number, text: string): void {
  print(`\n${bold(` ${step}  ${text}`)}\n`)
}

/** Prints a label and what there is to say of it. */
export function printFact(label: string, text: string): void {
  print(`    ${dim(label.padEnd(14))}${text}`)
}

/** Makes text stand out. */
export function bold(text: string): string {
  return isColoured ? `\x1b[1m${text}\x1b[22m` : text
}

/** Makes text stand back. */
export function dim(text: string): string {
  return isColoured ? `\x1b[2m${text}\x1b[22m` : text
}

/** Colours what is answered or measured. */
export function green(text: string): string {
  return isColoured ? `\x1b[32m${text}\x1b[39m` : text
}

/** Text cut at the end of a word so that it fits, filled with spaces. */
export function clip(text: string, columns: number): string {
  if (text.length <= columns) return text.padEnd(columns)
  const room = text.slice(0, columns - 1)
  const lastSpace = room.lastIndexOf(' ')
  const words = text[columns - 1] === ' ' || lastSpace < 0 ? room : room.slice(0, lastSpace)
  return `${words.replace(/[\s,;(]+$/, '')}…`.padEnd(columns)
}

/** A whole number with its thousands apart. */
export function count(value: number): string {
  return Math.round(value).toLocaleString('en')
}

/** A bar that fills up: redrawn in place on a terminal, else printed once it is full. */
export class ProgressBar {
  readonly #total: number

  constructor(total: number) {
    this.#total = total
  }

  /** Shows how much is done; the last call has `done === total`. */
  show(done: number, text: string): void {
    const isLast = done >= this.#total
    if (!stdout.isTTY && !isLast) return
    const columns = 40
    const full = Math.floor((columns * done) / this.#total)
    const bar = green('█'.repeat(full)) + dim('░'.repeat(columns - full))
    stdout.write(`${stdout.isTTY ? '\r' : ''}    ${bar}  ${text}${isLast ? '\n' : ''}`)
  }
}
