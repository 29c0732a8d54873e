import { describe, expect, it } from 'vitest'
import { Progress } from '../src/progress.js'

const ERASE = '\r\u001b[2K'

function written(columns: number | undefined, use: (progress: Progress) => void): string {
  let text = ''
  use(
    new Progress(
      (part) => {
        text += part
      },
      () => columns,
    ),
  )
  return text
}

describe('progress', () => {
  it.each([
    ['there is no terminal', undefined],
    ['its width is not known', 0],
  ])('writes plain lines where %s', (_, columns) => {
    const text = written(columns, (progress) => {
      progress.say('one')
      progress.say('two')
      progress.end()
    })
    expect(text).toBe('one\ntwo\n')
  })

  it('rewrites one line of a terminal, and takes it away at the end', () => {
    const text = written(80, (progress) => {
      progress.say('one')
      progress.say('two')
      progress.end()
      progress.end()
    })
    expect(text).toBe(`${ERASE}one${ERASE}two${ERASE}`)
  })

  it('cuts a line that would wrap', () => {
    expect(written(5, (progress) => progress.say('abcdefgh'))).toBe(`${ERASE}abcd`)
  })

  it('lets a table of several lines stay', () => {
    const text = written(80, (progress) => {
      progress.say('one')
      progress.say('a\nb')
      progress.end()
    })
    expect(text).toBe(`${ERASE}one${ERASE}a\nb\n`)
  })
})
