/** The child's side of a program that a benchmark starts in a process of its own. */

import { once } from 'node:events'
import { failureText } from '../failure-text.js'

/**
 * What a program says at its end.
 *
 * @internal
 */
export type ProgramMessage<Reply> = { readonly reply: Reply } | { readonly failure: string }

/**
 * Takes the work from the parent, does it, and sends the reply or how it failed. Ends the process
 * when the parent goes away meanwhile.
 *
 * @param respond - does the work
 * @returns what was sent, once it is on its way
 * @internal
 */
export async function answerParent<Work, Reply>(
  respond: (work: Work) => Promise<Reply>,
): Promise<ProgramMessage<Reply>> {
  const exit = (): never => process.exit(1)
  process.once('disconnect', exit)
  const [work] = (await once(process, 'message')) as [Work]
  const message = await settle(respond(work))
  await new Promise<void>((resolve, reject) => {
    process.send?.(message, undefined, {}, (error) => (error ? reject(error) : resolve()))
  })
  process.off('disconnect', exit)
  process.disconnect()
  return message
}

async function settle<Reply>(work: Promise<Reply>): Promise<ProgramMessage<Reply>> {
  try {
    return { reply: await work }
  } catch (error) {
    return { failure: failureText(error) }
  }
}
