/**
 * What README and docs say of the command line is so: every command that they name is there, and has the options that they give
 * it. Pages are linked to where they are, and every page is in the index.
 */
import { existsSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { beforeAll, describe, expect, test } from 'vitest'
import type { DescribedCommand } from '../../src/cli/command-tree.ts'
import { trackedFiles } from '../tidy/sources.ts'
import { describedCommands } from './help.ts'

const house = fileURLToPath(new URL('../../', import.meta.url))
const PAGES = trackedFiles.filter(file =>
  /^(?:README|CONTRIBUTING|docs\/.+)\.?.*\.md$|^(?:README|CONTRIBUTING)\.md$/.test(file),
)
const read = (file: string) => readFileSync(join(house, file), 'utf8')

let commands: readonly DescribedCommand[] = []
beforeAll(async () => {
  commands = await describedCommands()
}, 120_000)

/** Calls of hotsplice in code: blocks and spans. */
function calls(text: string): readonly string[] {
  const blocks = text.split('\n').filter(line => /^(?: {4}|\$ )/.test(line))
  const fenced = [...text.matchAll(/^```\w*\n([\s\S]*?)^```/gm)].flatMap(([, block = '']) => block.split('\n'))
  const spans = [...text.matchAll(/`([^`]+)`/g)].map(([, span = '']) => span.replaceAll('\n', ' '))
  return [...blocks, ...fenced, ...spans].flatMap(code =>
    [
      ...code
        .replace(/#.*$/, '')
        .replace(/\$\((?!hotsplice)[^)]*\)/g, 'X')
        .matchAll(/(?:^|[\s(/])hotsplice ([a-z][^|;&#>)"]*)/g),
    ].map(([, words = '']) => words.trim()),
  )
}

/** What is wrong with a call; undefined where nothing is. */
function wrong(call: string): string | undefined {
  const words = call.split(/\s+/)
  const path = words[0] === 'help' ? words.slice(1, 2) : words.slice(0, words[0] === 'fleet' ? 2 : 1)
  const name = path
    .filter(word => !word.startsWith('-'))
    .join(' ')
    .replace(/,$/, '')
  // Prose in a span, or a placeholder.
  if (/^[A-Z]|^$|…/.test(name)) return undefined
  const command = commands.find(each => each.path.join(' ') === name)
  if (command === undefined) return `there is no command ${name}`
  const known = command.options.flatMap(({ names }) => names)
  const unknown = words.filter(word => /^--?[a-z]/.test(word)).map(word => word.replace(/[=),.:].*$/, ''))
  const first = unknown.find(word => !known.includes(word))
  return first === undefined ? undefined : `hotsplice ${name} has no ${first}`
}

describe('the command line', () => {
  test('there are pages, with calls', () => {
    expect(PAGES).toContain('README.md')
    expect(PAGES.flatMap(page => calls(read(page))).length).toBeGreaterThan(60)
  })

  test.for(PAGES)('in %s', page => {
    const told = calls(read(page)).flatMap(call => {
      const fault = wrong(call)
      return fault === undefined ? [] : [`${call}: ${fault}`]
    })
    expect(told).toEqual([])
  })

  test.for([
    ['build --tree x --ptach y', 'hotsplice build has no --ptach'],
    ['biuld --tree x', 'there is no command biuld'],
    ['fleet plan built --listing FILE', undefined],
    ['help build', undefined],
    ['fleet magic', 'there is no command fleet magic'],
  ] as const)('%s: %s', ([call, fault]) => {
    expect(wrong(call)).toBe(fault)
  })
})

test.for(PAGES)('what %s links to is there', page => {
  const targets = [...read(page).matchAll(/\]\((?!https?:|#)([^)#]+)(?:#[^)]*)?\)/g)].map(([, target = '']) => target)
  expect(targets.filter(target => !existsSync(join(house, dirname(page), target)))).toEqual([])
})
