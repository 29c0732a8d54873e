/** The program of a thread that encodes. It has no state: a task names all memory there is. */

import { type MessagePort, parentPort, workerData } from 'node:worker_threads'
import { selectThreadKernels, type ThreadKernels } from '../../threads/thread-kernels.js'
import type { EncodeCall, EncodeMessage } from './thread-messages.js'

async function start(port: MessagePort, wanted: ThreadKernels): Promise<void> {
  const say = (message: EncodeMessage): void => port.postMessage(message)
  const selected = await selectThreadKernels(wanted)
  if (selected.kind === 'unfit') return say(selected)
  const { kernels } = selected
  port.on('message', ({ call, task }: EncodeCall) => {
    // What it throws ends the thread, and so the encoding on threads.
    kernels.encode(task)
    say({ kind: 'encoded', call })
  })
}

if (parentPort !== null) await start(parentPort, workerData as ThreadKernels)
