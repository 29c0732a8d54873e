import { describe, expect, it } from 'vitest'
import { threadsFor } from '../../../src/index/encode/threads-for.js'

describe('threads that encode', () => {
  it('are as many as somebody asks for', () => {
    expect(threadsFor(3, { name: 'native' }, 1)).toEqual({ threadsMax: 3, inlineReason: undefined })
    expect(threadsFor(0, { name: 'scalar' }, 8).threadsMax).toBe(0)
  })

  it('are none with native kernels unless somebody asks for some', () => {
    expect(threadsFor('auto', { name: 'native' }, 8)).toEqual({
      threadsMax: 0,
      inlineReason: 'native kernels encode fast enough',
    })
  })

  it('leave the event loop a core with scalar kernels, and are not many', () => {
    const counts = [1, 2, 3, 16].map((cores) => threadsFor('auto', { name: 'scalar' }, cores))
    expect(counts.map(({ threadsMax }) => threadsMax)).toEqual([0, 1, 2, 2])
    expect(counts[0]?.inlineReason).toBe('there is one core')
  })
})
