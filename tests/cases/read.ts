/** The small cases as values: the source before and after, and the directives. */
import { execFileSync } from 'node:child_process'
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { XEN_LIKE } from '../support/gcc.ts'

export const caseFolder = import.meta.dirname

export interface SmallCase {
  readonly name: string
  readonly directives: ReadonlyMap<string, string>
  readonly before: string
  readonly after: string
}

export const caseNames: readonly string[] = readdirSync(caseFolder, { withFileTypes: true })
  .filter(entry => entry.isDirectory())
  .map(({ name }) => name)

export const readCases = (): readonly SmallCase[] => caseNames.map(readCase)

export function readCase(name: string): SmallCase {
  const read = (file: string) => readFileSync(join(caseFolder, name, file), 'utf8')
  const lines = read('case.txt').trim().split('\n')
  const directives = new Map(lines.map(line => [line.replace(/:.*/, ''), line.replace(/^[^:]*: */, '')]))
  return { name, directives, before: read('input.c'), after: patched(join(caseFolder, name)) }
}

export function flagsOf({ directives }: SmallCase): readonly string[] {
  return [...XEN_LIKE, ...(directives.get('flags')?.split(' ') ?? [])]
}

export const targetOf = ({ directives }: SmallCase): 'xen' | 'process' =>
  directives.get('table') === 'process' ? 'process' : 'xen'

function patched(place: string): string {
  const work = mkdtempSync(join(tmpdir(), 'hotsplice-case-'))
  try {
    writeFileSync(join(work, 'input.c'), readFileSync(join(place, 'input.c')))
    execFileSync('patch', ['-p1', '-s', '--fuzz=0', '-i', join(place, 'change.patch')], { cwd: work })
    return readFileSync(join(work, 'input.c'), 'utf8')
  } finally {
    rmSync(work, { recursive: true })
  }
}
