import { readFile } from 'node:fs/promises'
import { describe, expect, it } from 'vitest'
import * as api from '../src/index.js'

const SOURCE = new URL('../src/errors.ts', import.meta.url)
const TABLE = new URL('../../../docs/errors.md', import.meta.url)

interface Meaning {
  readonly code: string
  readonly classes: string
  readonly means: string
}

/** The codes as the source documents them. */
async function documented(): Promise<Meaning[]> {
  const source = await readFile(SOURCE, 'utf8')
  const members = source.matchAll(/\/\*\* (.+) \*\/\n {2}readonly (SLUICE_\w+): ([\w |]+)\n/g)
  return Array.from(members, ([, means = '', code = '', classes = '']) => {
    return { code, classes: classes.replaceAll(' | ', ', '), means }
  })
}

/** The codes as the table has them. */
async function tabled(): Promise<Meaning[]> {
  const lines = (await readFile(TABLE, 'utf8')).split('\n')
  return lines.flatMap((line) => {
    const [, code = '', classes = '', means = '', advice = ''] = line
      .split(' | ')
      .join('|')
      .split('|')
    if (!/SLUICE_(?!WARN_)/.test(code)) return []
    expect(advice.trim(), code).not.toBe('')
    return [{ code: code.replaceAll(/[` ]/g, ''), classes, means }]
  })
}

describe('docs/errors.md', () => {
  it('says of every code what the source says', async () => {
    const codes = await documented()
    expect(codes.length).toBeGreaterThan(15)
    expect(await tabled()).toEqual(codes)
  })

  it('names classes that are exported', async () => {
    for (const { classes } of await documented()) {
      for (const name of classes.split(', ')) expect(api).toHaveProperty(name)
    }
  })
})
