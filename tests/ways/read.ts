/** The cases of this folder as values: a tree, patches in order, directives. */
import { cpSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { PatchText } from '../../src/source/model.ts'
import { XEN_LIKE } from '../support/gcc.ts'

export const caseFolder = import.meta.dirname

export interface WayCase {
  readonly name: string
  readonly directives: ReadonlyMap<string, string>
  readonly patches: readonly PatchText[]
}

export function readCases(): readonly WayCase[] {
  return readdirSync(caseFolder, { withFileTypes: true })
    .filter(entry => entry.isDirectory())
    .map(({ name }) => {
      const lines = readFileSync(join(caseFolder, name, 'case.txt'), 'utf8')
        .trim()
        .split('\n')
      const directives = new Map(lines.map(line => [line.replace(/:.*/, ''), line.replace(/^[^:]*: */, '')]))
      const patches = readdirSync(join(caseFolder, name))
        .filter(file => file.endsWith('.patch'))
        .sort()
        .map(file => ({ name: file, text: readFileSync(join(caseFolder, name, file), 'latin1') }))
      return { name, directives, patches }
    })
}

/** Puts the case's tree into an empty folder, with the commands that compile its sources. */
export function makeTree({ name, directives }: WayCase, folder: string): void {
  mkdirSync(folder, { recursive: true })
  cpSync(join(caseFolder, name, 'tree'), folder, { recursive: true })
  const flags = [...XEN_LIKE, ...(directives.get('flags')?.split(' ') ?? [])]
  const sources = readdirSync(folder).filter(file => /\.[cS]$/.test(file))
  const commands = sources.map(file => ({
    directory: folder,
    file,
    arguments: ['gcc', ...flags, '-c', file, '-o', `${file.slice(0, -2)}.o`],
  }))
  writeFileSync(join(folder, 'compile_commands.json'), JSON.stringify(commands))
}
