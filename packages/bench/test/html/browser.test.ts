/**
 * The page in a real browser, on a phone and on a desk, light and dark. Needs Chromium: CHROME_PATH
 * names it where it is not in a usual place; nothing is downloaded.
 */

import { existsSync } from 'node:fs'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { type Browser, chromium, type Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { reportPage } from '../../src/html/page.js'
import { parseReport } from '../../src/html/report-view.js'
import {
  documentWidth,
  inspectPlots,
  inspectText,
  openDetails,
  type PlotFindings,
} from './inspect-page.js'
import { SAMPLE_REPORTS } from './sample-reports.js'

/** Without these a browser run by root does not start, or calls home. */
const ARGUMENTS = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
]

const path = [
  process.env['CHROME_PATH'] ?? '',
  '/usr/bin/chromium',
  '/usr/bin/chromium-browser',
  '/usr/bin/google-chrome',
  chromium.executablePath(),
].find((candidate) => candidate !== '' && existsSync(candidate))

describe.skipIf(path === undefined)('the page in a browser (needs Chromium, CHROME_PATH)', () => {
  let directory = ''
  let browser: Browser
  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), 'sluice-page-'))
    // Playwright gives the browser a new user folder and removes it.
    browser = await chromium.launch({ executablePath: path ?? '', args: ARGUMENTS })
  })
  afterAll(async () => {
    await browser.close()
    await rm(directory, { recursive: true })
  })

  /** Opens a page of reports; returns it and what the browser complained about. */
  async function open(
    reports: readonly string[],
    width: number,
    colorScheme: 'light' | 'dark',
  ): Promise<{ page: Page; complaints: string[] }> {
    const file = join(directory, 'page.html')
    await writeFile(file, reportPage(reports.map((text) => parseReport(text, 'test'))))
    const page = await browser.newPage({ viewport: { width, height: 800 }, colorScheme })
    const complaints: string[] = []
    page.on('console', (message) => complaints.push(message.text()))
    page.on('pageerror', (error) => complaints.push(error.message))
    page.on('request', (request) => {
      if (request.url() !== pathToFileURL(file).href) complaints.push(`asks for ${request.url()}`)
    })
    await page.goto(pathToFileURL(file).href)
    return { page, complaints }
  }

  async function inspect(
    page: Page,
  ): Promise<{ width: number; plots: PlotFindings[]; flaws: string[] }> {
    await page.evaluate(openDetails)
    const [width, plots, flaws] = [
      await page.evaluate(documentWidth),
      await page.evaluate(inspectPlots),
      await page.evaluate(inspectText),
    ]
    await page.close()
    return { width, plots, flaws }
  }

  describe.each([360, 1280])('%d pixels wide', (screen) => {
    it.each(['light', 'dark'] as const)('shows every plot, readable, %s', async (scheme) => {
      const { page, complaints } = await open(Object.values(SAMPLE_REPORTS), screen, scheme)
      const { width, plots, flaws } = await inspect(page)
      expect({ complaints, flaws }).toEqual({ complaints: [], flaws: [] })
      expect(width).toBeLessThanOrEqual(screen)
      expect(plots).toHaveLength(10)
      for (const { label, ...plot } of plots) {
        expect(label).not.toBe('')
        expect(plot.width, label).toBeGreaterThan(screen === 360 ? 250 : 800)
        expect(plot.height, label).toBeGreaterThan(50)
        expect(plot.letters, label).toBeGreaterThan(10)
        expect(plot.overlaps, label).toBe(false)
      }
    })
  })

  it('stays as wide as the screen, and asks for nothing, whatever names there are', async () => {
    const name = `${'W'.repeat(300)}<img src=x onerror=alert(1)>`
    const figures = Object.fromEntries(
      [`${name}P50`, `${name}P99`, `peer.${name}.100.1.qps`, `peer.${name}.100.1.recall`].map(
        (key) => [key, { value: 0.5, unit: name }],
      ),
    )
    const report = { bench: name, commit: name, notes: [name], args: { x: name }, figures }
    const series = { throughputPer100Ms: [1, 2], causePer100Ms: [name, ''], [name]: [1, 2] }
    const { page, complaints } = await open([JSON.stringify({ ...report, series })], 360, 'light')
    const { width, plots } = await inspect(page)
    expect(complaints).toEqual([])
    expect(width).toBe(360)
    expect(plots).toHaveLength(5)
  })

  it('notices what is wrong with a page', async () => {
    const page = await browser.newPage({ viewport: { width: 360, height: 800 } })
    await page.setContent(
      '<p style="font-size: 10px">tiny</p><p style="color: #aaa">pale</p><figure><svg role="img" ' +
        'style="width: 600px; overflow: visible"><text class="tick" x="500" y="20">far</text>' +
        '<text class="tick" x="505" y="22">near</text></svg></figure>',
    )
    const { width, plots, flaws } = await inspect(page)
    expect(flaws).toEqual(['small: tiny', 'contrast 2.3: pale', 'cut off: far', 'cut off: near'])
    expect(width).toBeGreaterThan(360)
    expect(plots).toMatchObject([{ label: '', width: 600, letters: 7, overlaps: true }])
  })
})
