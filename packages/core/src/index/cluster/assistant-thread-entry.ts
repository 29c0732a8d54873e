/**
 * The program of the threads that help the one that clusters: they do batches of its work until it
 * ends them. They share the memory of rows and of all that is made of them.
 */

import { type MessagePort, parentPort, workerData } from 'node:worker_threads'
import { selectThreadKernels } from '../../threads/thread-kernels.js'
import { createBatchRunner } from './batch-runner.js'
import { createWorkTools } from './cluster-job.js'
import { GatePass, IngestGate } from './ingest-gate.js'
import { finishBatch, type SharedWork, takeBatch } from './shared-work.js'
import type { AssistantAnswer, ThreadTask } from './thread-messages.js'

async function assist(port: MessagePort, task: ThreadTask): Promise<void> {
  const selected = await selectThreadKernels(task.kernels)
  // The thread that clusters does not know, and does all by itself.
  if (selected.kind === 'unfit') return
  const tools = createWorkTools(selected.kernels, task.input)
  const pass = new GatePass(new IngestGate(task.gate))
  port.on('message', (work: SharedWork) => {
    const runner = createBatchRunner(tools, work.part)
    for (let batch = takeBatch(work); batch !== undefined; batch = takeBatch(work)) {
      runner.run(batch)
      finishBatch(work, batch)
      pass.block()
    }
    runner.release()
    const answer: AssistantAnswer = 'done'
    port.postMessage(answer)
  })
}

// The priority is that of the thread that clusters, which started this one.
if (parentPort !== null) await assist(parentPort, workerData as ThreadTask)
