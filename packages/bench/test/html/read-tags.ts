/** A strict reader of markup, so that tests see what a browser would. */

/** One tag. */
export interface Tag {
  readonly name: string
  readonly attributes: ReadonlyMap<string, string>
}

const TAG = /<(\/?)([a-z][a-z0-9]*)((?:\s+[a-zA-Z][a-zA-Z0-9-]*(?:="[^"<]*")?)*)\s*(\/?)>/y
const TEXT = /[^<]+/y
const ATTRIBUTE = /([a-zA-Z][a-zA-Z0-9-]*)(?:="([^"]*)")?/g
const VOID = ['meta', 'link']

/**
 * All start tags in their order.
 *
 * @throws Error where something is neither a tag nor text, or tags do not nest
 */
export function readTags(markup: string): readonly Tag[] {
  const tags: Tag[] = []
  const open: string[] = []
  let at = markup.startsWith('<!doctype html>') ? '<!doctype html>'.length : 0
  while (at < markup.length) {
    TEXT.lastIndex = TAG.lastIndex = at
    if (TEXT.test(markup)) {
      at = TEXT.lastIndex
      continue
    }
    const match = TAG.exec(markup)
    if (match === null) throw new Error(`no tag: ${markup.slice(at, at + 60)}`)
    const [, closing, name = '', attributes = '', empty] = match
    at = TAG.lastIndex
    if (closing === '/') {
      if (open.pop() !== name) throw new Error(`</${name}> closes nothing`)
      continue
    }
    if (empty === '' && !VOID.includes(name)) open.push(name)
    const pairs = [...attributes.matchAll(ATTRIBUTE)].map(
      ([, key = '', value = '']) => [key, value] as const,
    )
    tags.push({ name, attributes: new Map(pairs) })
  }
  if (open.length > 0) throw new Error(`not closed: ${open.join(', ')}`)
  return tags
}
