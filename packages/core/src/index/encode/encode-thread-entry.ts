/** The program of a thread that encodes. It has no state: a task names all memory there is. */

import { type MessagePort, parentPort, workerData } from 'node:worker_threads'
import { selectKernels } from '../../kernels/select.js'
import type { EncodeCall, EncodeKernels, EncodeMessage } from './thread-messages.js'

async function start(port: MessagePort, wanted: EncodeKernels): Promise<void> {
  const say = (message: EncodeMessage): void => port.postMessage(message)
  const kernels = await selectKernels('auto')
  const { name, isa, reason } = kernels.info
  if (name !== wanted.name || isa !== wanted.isa) {
    const message = `a thread has ${name} kernels for ${isa}, not ${wanted.name} for ${wanted.isa}`
    say({ kind: 'unfit', reason: `${message}: ${reason}` })
    return
  }
  port.on('message', ({ call, task }: EncodeCall) => {
    // What it throws ends the thread, and so the encoding on threads.
    kernels.encode(task)
    say({ kind: 'encoded', call })
  })
}

if (parentPort !== null) await start(parentPort, workerData as EncodeKernels)
