/**
 * The program of a thread that searches. It holds no state but that of the calls under way: once a
 * call has ended it lets go of all memory of the call.
 */

import { type MessagePort, parentPort, workerData } from 'node:worker_threads'
import type { KernelProvider } from '../../contract/index.js'
import { selectThreadKernels, type ThreadKernels } from '../../threads/thread-kernels.js'
import { answerQueries } from './answer-queries.js'
import { packFound } from './found-rows.js'
import { QueryTurns } from './query-turns.js'
import { MemoryView } from './search-memory.js'
import type { ThreadCall, ThreadMessage } from './thread-messages.js'

/** Not an error: somebody has stopped the call. */
class Stopped extends Error {}

async function start(port: MessagePort, wanted: ThreadKernels): Promise<void> {
  const say = (message: ThreadMessage, transfer: ArrayBuffer[] = []): void =>
    port.postMessage(message, transfer)
  const selected = await selectThreadKernels(wanted)
  if (selected.kind === 'unfit') return say(selected)
  const { kernels } = selected
  say({ kind: 'started' })
  port.on('message', async (task: ThreadCall) => {
    const { call } = task
    try {
      await takePart(kernels, task, say)
      say({ kind: 'ended', call })
    } catch (error) {
      say(error instanceof Stopped ? { kind: 'ended', call } : { kind: 'failed', call, error })
    }
  })
}

async function takePart(
  kernels: KernelProvider,
  { call, memory, queries, turns: state, runLength }: ThreadCall,
  say: (message: ThreadMessage, transfer: ArrayBuffer[]) => void,
): Promise<void> {
  const turns = new QueryTurns(queries.count, runLength, state)
  if (!turns.help()) return
  const shown = new MemoryView(kernels, memory)
  try {
    await answerQueries(queries, {
      kernels,
      view: shown.view,
      turns,
      checkpoint: () => {
        if (turns.isStopped) throw new Stopped()
      },
      onFound: (from, nearest) => {
        const found = packFound(from, nearest)
        const { counts, rows, distances } = found
        const transfer = [counts, rows, distances].map(({ buffer }) => buffer as ArrayBuffer)
        say({ kind: 'found', call, found }, transfer)
      },
    })
  } finally {
    shown.release()
  }
}

if (parentPort !== null) await start(parentPort, workerData as ThreadKernels)
