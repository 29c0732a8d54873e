/** A box that scrolls sideways by itself, so that the page need not. */

import { type Markup, type MarkupValue, markup } from './markup.js'

/**
 * The box; it can be reached and scrolled by keyboard.
 *
 * @param label - what is in it
 * @param content - as wide as it likes
 * @internal
 */
export function scrollBox(label: string, content: MarkupValue): Markup {
  return markup`<div class="scroll" role="region" tabindex="0" aria-label="${label}">
${content}</div>
`
}
