/** The quickstart as its readers run it: built, in a process of its own. */
import { execFile } from 'node:child_process'
import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'

const program = fileURLToPath(new URL('dist/quickstart.js', import.meta.url))

describe('quickstart', () => {
  let temporary = ''
  let page = ''

  beforeAll(async () => {
    temporary = await mkdtemp(join(tmpdir(), 'sluice-quickstart-test-'))
    const env = { ...process.env, TMPDIR: temporary }
    const { stdout, stderr } = await promisify(execFile)(process.execPath, [program], { env })
    expect(stderr).toBe('')
    page = stdout
  })

  afterAll(() => rm(temporary, { recursive: true }))

  it('loads the sample and says how fast', () => {
    expect(page).toContain('5,000 rows')
    expect(page).toMatch(/^ {4}on disk +3\.8 MB in [\d.]+ s$/m)
    expect(page).toMatch(/^ {4}throughput +[\d,.]+ MB\/s, [\d,]+ rows\/s$/m)
    expect(page).toMatch(/^ {4}raw disk +[\d,.]+ MB\/s/m)
  })

  it.each(['rejoicing', 'canoe', 'penguin', 'seismograph', 'horizon, apparent…'])(
    'answers with “%s” first',
    (answer) => {
      const best = [...page.matchAll(/^ {4}“.*”\n {4}[\d.]{4} {2}(.{24})/gm)]
      expect(best.map(([, words = '']) => words.trimEnd())).toContain(answer)
    },
  )

  it('finds through the index nearly all that a comparison with every entry finds', () => {
    const [, recall] = page.match(/^ {4}recall@10 +([\d.]+) over 48 questions, against/m) ?? []
    expect(Number(recall)).toBeGreaterThanOrEqual(0.95)
    expect(page).toMatch(/^ {4}speed +[\d,]+ queries\/s/m)
  })

  it('is killed, and finds everything again, the new word too', () => {
    const [before = '', after = ''] = page.split(/^.*SIGKILL.*$/m)
    expect(before).not.toContain('1.00  petrichor')
    expect(after).toMatch(/^ {4}reopened +in [\d,]+ ms, 5,001 rows$/m)
    expect(after).toMatch(/^ {4}lost +nothing that was acknowledged$/m)
    expect(after).toContain('1.00  petrichor')
  })

  it('is a page of 80 columns, without colours where nobody sees them', () => {
    const lines = page.split('\n')
    expect(lines.filter((line) => [...line].length > 80)).toEqual([])
    expect(lines.length).toBeLessThan(70)
    expect(page).not.toContain('\x1b')
  })

  it('leaves nothing behind', async () => {
    expect(await readdir(temporary)).toEqual([])
  })
})
