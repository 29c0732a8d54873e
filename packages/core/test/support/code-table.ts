/** Codes of errors and warnings: as the source documents them, and as docs/errors.md has them. */

import { readFile } from 'node:fs/promises'
import { expect } from 'vitest'

const TABLE = new URL('../../../../docs/errors.md', import.meta.url)

/** A code, what the second column says of it, and what it means. */
export interface CodeMeaning {
  readonly code: string
  readonly of: string
  readonly means: string
}

/** The codes that an interface of a source file documents. */
export async function documentedCodes(file: URL): Promise<CodeMeaning[]> {
  const source = await readFile(file, 'utf8')
  const members = source.matchAll(/\/\*\* (.+) \*\/\n {2}readonly (SLUICE_\w+): (['\w |]+)\n/g)
  return Array.from(members, ([, means = '', code = '', of = '']) => {
    return { code, of: of.replaceAll("'", '`').replaceAll(' | ', ', '), means }
  })
}

/** The codes of the table that match; each must come with advice. */
export async function tabledCodes(wanted: RegExp): Promise<CodeMeaning[]> {
  const lines = (await readFile(TABLE, 'utf8')).split('\n')
  return lines.flatMap((line) => {
    const [, code = '', of = '', means = '', advice = ''] = line.split('|')
    if (!wanted.test(code)) return []
    expect(advice.trim(), code).not.toBe('')
    return [{ code: code.replaceAll(/[` ]/g, ''), of: of.trim(), means: means.trim() }]
  })
}
