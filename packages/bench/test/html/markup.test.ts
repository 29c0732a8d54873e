import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { markup } from '../../src/html/markup.js'
import { readTags } from './read-tags.js'

const ENTITIES: Readonly<Record<string, string>> = {
  '&amp;': '&',
  '&lt;': '<',
  '&gt;': '>',
  '&quot;': '"',
  '&#39;': "'",
}

function plainOf(text: string): string {
  return text.replace(/&[a-z#0-9]+;/g, (entity) => ENTITIES[entity] ?? entity)
}

describe('markup', () => {
  it('escapes text and leaves markup', () => {
    const name = markup`<b>${'a < b & "c"'}</b>`
    expect(markup`<p title="${"it's"}">${name}${undefined}${[1, 'x']}</p>`.toString()).toBe(
      '<p title="it&#39;s"><b>a &lt; b &amp; &quot;c&quot;</b>1x</p>',
    )
  })

  it('lets no tag, and no end of an attribute, out of any text', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), fc.string(), (text, title) => {
        const html = markup`<p title="${title}">${text}</p>`.toString()
        const tags = readTags(html)
        expect(tags.map(({ name, attributes }) => [name, [...attributes.keys()]])).toEqual([
          ['p', ['title']],
        ])
      }),
    )
  })

  it('keeps printable text as it is for the reader', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), (text) => {
        expect(plainOf(markup`${text}`.toString())).toBe(text)
      }),
    )
  })

  it('replaces what HTML does not allow', () => {
    expect(markup`${'a\u0000b\u001bc\ud800d\te\n'}`.toString()).toBe('a\ufffdb\ufffdc\ufffdd\te\n')
  })
})
