import { describe, expect, it } from 'vitest'
import { selectThreadKernels } from '../../src/threads/thread-kernels.js'
import { kernels } from '../support/selected-kernels.js'

const { name, isa } = kernels.info

describe('the kernels of a thread', () => {
  it('are those of its database', async () => {
    const selected = await selectThreadKernels({ name, isa })
    expect(selected).toMatchObject({ kind: 'fit', kernels: { info: { name, isa } } })
  })

  it.each([
    ['name', { name: 'own', isa }],
    ['instruction set', { name, isa: 'none' }],
  ])('are not used where they have another %s, and the reason names both', async (_, wanted) => {
    const message = `a thread has ${name} kernels for ${isa}, not ${wanted.name} for ${wanted.isa}`
    const reason = `${message}: ${kernels.info.reason}`
    expect(await selectThreadKernels(wanted)).toEqual({ kind: 'unfit', reason })
  })
})
