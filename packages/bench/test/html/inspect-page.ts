/// <reference lib="dom" />
/**
 * Looks at a page from inside of the browser. What runs there refers to nothing outside of itself.
 */

/** A drawing. */
export interface PlotFindings {
  readonly label: string
  readonly width: number
  readonly height: number
  /** How much text is visible in it. */
  readonly letters: number
  /** Whether labels of its ticks lie upon each other. */
  readonly overlaps: boolean
}

/** Opens everything that is closed, so that it can be looked at. */
export function openDetails(): void {
  for (const details of document.querySelectorAll('details')) details.open = true
}

/** How wide the page is: more than the window where it scrolls sideways. */
export function documentWidth(): number {
  return document.documentElement.scrollWidth
}

/** Measures every drawing of a figure. */
export function inspectPlots(): PlotFindings[] {
  return [...document.querySelectorAll('figure > svg')].map((svg) => {
    const label = svg.getAttribute('role') === 'img' ? svg.getAttribute('aria-label') : undefined
    const ticks = [...svg.querySelectorAll('.tick')].map((tick) => tick.getBoundingClientRect())
    const overlaps = ticks.some((a, index) =>
      ticks.slice(index + 1).some((b) => {
        const across = a.left < b.right && b.left < a.right
        return across && a.top < b.bottom - 2 && b.top < a.bottom - 2
      }),
    )
    const { width, height } = svg.getBoundingClientRect()
    const letters = [...svg.querySelectorAll('text')].reduce((sum, text) => {
      const box = text.getBoundingClientRect()
      return box.width > 0 && box.height > 0 ? sum + (text.textContent ?? '').length : sum
    }, 0)
    return { label: label ?? '', width, height, letters, overlaps }
  })
}

/** Lists what a reader could not read: letters too small, too pale or cut off. */
export function inspectText(): string[] {
  function luminance(color: string): number {
    const [red = 0, green = 0, blue = 0] = (color.match(/[\d.]+/g) ?? []).map((part) => {
      const share = Number(part) / 255
      return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4
    })
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue
  }

  function backgroundOf(element: Element): string {
    for (let at: Element | null = element; at !== null; at = at.parentElement) {
      const { backgroundColor } = getComputedStyle(at)
      if (backgroundColor !== 'rgba(0, 0, 0, 0)') return backgroundColor
    }
    return 'rgb(255, 255, 255)'
  }

  /** WCAG 2.2, contrast ratio. */
  function contrastOf(color: string, background: string): number {
    const [dark = 0, light = 0] = [color, background].map(luminance).sort((a, b) => a - b)
    return (light + 0.05) / (dark + 0.05)
  }

  function hasText({ childNodes }: Element): boolean {
    return [...childNodes].some((node) => node.nodeType === 3 && /\S/.test(node.nodeValue ?? ''))
  }

  const readable = [...document.body.querySelectorAll('*')].filter(
    (element) => hasText(element) && element.tagName !== 'title',
  )
  return readable.flatMap((element) => {
    const { fontSize, fill, color } = getComputedStyle(element)
    const drawn = element instanceof SVGElement
    const text = (element.firstChild?.nodeValue ?? '').slice(0, 30)
    const small = Number.parseFloat(fontSize) < 14 && element.tagName !== 'SUP'
    const contrast = contrastOf(drawn ? fill : color, backgroundOf(element))
    const box = element.getBoundingClientRect()
    const figure = drawn ? element.closest('figure')?.getBoundingClientRect() : undefined
    const cut = figure && (box.left < figure.left - 0.5 || box.right > figure.right + 0.5)
    return [
      ...(small ? [`small: ${text}`] : []),
      ...(contrast < 4.5 ? [`contrast ${contrast.toFixed(1)}: ${text}`] : []),
      ...(cut ? [`cut off: ${text}`] : []),
    ]
  })
}
