/** A small program whose compile commands hold more than is good for it, and a look at its tree afterwards. */
import { execFileSync } from 'node:child_process'
import { join } from 'node:path'
import { affectedUnits, buildPairs, overlayOf, type Tree } from '../../src/trees/index.ts'
import { checksums, edit, open, writeFiles } from '../build/support.ts'
import { writeScript } from '../support/script.ts'

const SOURCE = '#include "h.h"\nint f(int x)\n{\n    return x * 100 + LIMIT;\n}\n'

export interface Program {
  readonly folder: string
  readonly tree: string
}

/** Files that no compile may change, where further outputs would go: beside the source, and a folder below. */
const PRECIOUS = ['precious.txt', 'f.lst', 'f.i', 'f.s', 'f.su', 'sub/precious.txt']

export function writeProgram(folder: string, more: Readonly<Record<string, string>> = {}): Program {
  const tree = join(folder, 'tree')
  const precious = Object.fromEntries(PRECIOUS.map(path => [path, 'precious\n']))
  writeFiles(tree, { 'f.c': SOURCE, 'h.h': '#define LIMIT 7\n', ...precious, ...more })
  return { folder, tree }
}

/** The tree with one unit, compiled by these words. */
export function openProgram({ folder, tree }: Program, words: readonly string[]): Promise<Tree> {
  const entry = { directory: tree, file: 'f.c', arguments: [...words, '-c', 'f.c', '-o', 'f.o'] }
  writeFiles(tree, { 'compile_commands.json': JSON.stringify([entry]) })
  return open(tree, join(folder, 'cache'), { target: 'process' })
}

/** Builds the pair of a patch to `f.c`: what came of it, and whether the tree is as it was. */
export async function buildWith(
  program: Program,
  words: readonly string[],
): Promise<{ readonly outcome: string; readonly kept: boolean }> {
  const tree = await openProgram(program, words)
  const before = checksums(program.tree)
  const change = edit(tree, 'f.c', '100', '200')
  try {
    const affected = await affectedUnits(tree, change)
    const pairs = await buildPairs(tree, affected.affected, overlayOf(change, affected))
    return { outcome: `built ${pairs.length}`, kept: checksums(program.tree) === before }
  } catch (error) {
    const outcome = error instanceof Error && 'code' in error ? String(error.code) : String(error)
    return { outcome, kept: checksums(program.tree) === before }
  }
}

/** A program of the shell's; its path. */
export function script(folder: string, name: string, text: string): string {
  return writeScript(join(folder, name), text)
}

/** As in many containers: there is `unshare`, and it is refused. Gives the search path back. */
export function withoutNamespaces(folder: string): () => void {
  script(join(folder, 'refusing'), 'unshare', 'echo "unshare: Operation not permitted" >&2\nexit 1\n')
  const path = process.env.PATH
  process.env.PATH = `${join(folder, 'refusing')}:${path}`
  return () => {
    process.env.PATH = path
  }
}

/** Why this machine has no namespaces; empty where it has. */
export const noNamespaces = (() => {
  const words = process.getuid?.() === 0 ? ['--mount'] : ['--user', '--map-current-user', '--keep-caps', '--mount']
  try {
    execFileSync('unshare', [...words, 'sh', '-c', 'mount --bind / /mnt'], { stdio: 'pipe' })
    return ''
  } catch (error) {
    return `no mount namespace: ${error instanceof Error ? error.message.split('\n').slice(0, 2).join(' ') : ''}`
  }
})()
