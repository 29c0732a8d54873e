/**
 * HTML and SVG as values that cannot be mixed up with text: whatever is put into a template is
 * escaped, unless it is markup itself. All markup of a page is made here, so no string out of a
 * report can become a tag or end an attribute (attributes are always quoted).
 */

class Fragment {
  readonly #text: string

  constructor(text: string) {
    this.#text = text
  }

  toString(): string {
    return this.#text
  }
}

/**
 * A piece of HTML or SVG; `toString()` gives its text.
 *
 * @internal
 */
export type Markup = Fragment

/**
 * What a template takes: text is escaped, lists are joined, `undefined` is nothing.
 *
 * @internal
 */
export type MarkupValue = Markup | string | number | undefined | readonly MarkupValue[]

const ESCAPES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
}

/**
 * A template of markup, as in `` markup`<p>${text}</p>` ``.
 *
 * @internal
 */
export function markup(strings: TemplateStringsArray, ...values: readonly MarkupValue[]): Markup {
  let text = strings[0] ?? ''
  for (const [index, value] of values.entries()) {
    text += textOf(value) + (strings[index + 1] ?? '')
  }
  return new Fragment(text)
}

/**
 * Text that is taken as markup: for constants of this program only.
 *
 * @internal
 */
export function trustedMarkup(text: string): Markup {
  return new Fragment(text)
}

function textOf(value: MarkupValue): string {
  if (value === undefined) return ''
  if (value instanceof Fragment) return value.toString()
  if (typeof value === 'object') return value.map(textOf).join('')
  return escapeText(String(value))
}

function escapeText(text: string): string {
  let escaped = ''
  for (const character of text) {
    const forbidden = isForbidden(character.codePointAt(0) ?? 0)
    escaped += forbidden ? '\ufffd' : (ESCAPES[character] ?? character)
  }
  return escaped
}

/** What HTML does not allow even escaped: controls, but for white space, and lone surrogates. */
function isForbidden(code: number): boolean {
  if (code < 0x20) return code !== 0x09 && code !== 0x0a
  return (code >= 0x7f && code < 0xa0) || (code >= 0xd800 && code < 0xe000)
}
