/**
 * The program of the threads that help the one that clusters: they do batches of its work until it
 * ends them. They share the memory of rows and of all that is made of them.
 */

import { type MessagePort, parentPort, workerData } from 'node:worker_threads'
import { strideOf } from '../../dtype.js'
import { selectKernels } from '../../kernels/select.js'
import { finishBatch, type SharedWork, takeBatch } from './assign-work.js'
import { GatePass, IngestGate } from './ingest-gate.js'
import { RowGatherer } from './row-gatherer.js'
import { type AssistantAnswer, hasKernels, type ThreadTask } from './thread-messages.js'

async function assist(port: MessagePort, task: ThreadTask): Promise<void> {
  const kernels = await selectKernels('auto')
  if (!hasKernels(task, kernels.info)) return
  const { rows, shape } = task.input
  const gatherer = new RowGatherer(rows, strideOf(shape.dtype, shape.dimension))
  const pass = new GatePass(new IngestGate(task.gate))
  port.on('message', (work: SharedWork) => {
    for (let batch = takeBatch(work); batch !== undefined; batch = takeBatch(work)) {
      finishBatch(kernels, gatherer, work, batch)
      pass.block()
    }
    const answer: AssistantAnswer = 'done'
    port.postMessage(answer)
  })
}

// The priority is that of the thread that clusters, which started this one.
if (parentPort !== null) await assist(parentPort, workerData as ThreadTask)
