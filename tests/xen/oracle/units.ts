/** The units of a built tree, from what Xen's build left beside each object; none of our own code knows of it. */
import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { normalize } from 'node:path'

export interface Unit {
  readonly unit: string
  /** As one line for the shell, run in the build folder. */
  readonly command: string
  readonly dependencies: ReadonlySet<string>
}

/** What the build of 4.17 and later left beside each object. */
export function readUnits(folder: string): Unit[] {
  const commands = execFileSync('find', [folder, '-name', '.*.o.cmd'], { encoding: 'utf8', maxBuffer: 1 << 24 })
  return commands
    .trim()
    .split('\n')
    .flatMap(file => {
      const text = readFileSync(file, 'latin1')
      const [, unit = '', command = ''] = /^cmd_(\S+) := (.*)$/m.exec(text) ?? []
      const source = /^source_\S+ := (\S+)/m.exec(text)?.[1]
      if (source === undefined || !/\s-c\s/.test(command)) return []
      const list = /^deps_\S+ := \\\n((?:.*\\\n)*)/m.exec(text)?.[1] ?? ''
      const words = list.replace(/\$\(wildcard [^)]*\)/g, '').match(/[^\s\\]+/g) ?? []
      return { unit, command, dependencies: new Set([source, ...words].map(word => normalize(word))) }
    })
    .toSorted((a, b) => (a.unit < b.unit ? -1 : 1))
}

/** `files` are relative to the folder that holds `xen/`. */
export function dependsOn({ dependencies }: Unit, files: readonly string[]): boolean {
  return files.some(file => dependencies.has(file.replace(/^xen\//, '')))
}

export async function inParallel<A, B>(items: readonly A[], work: (item: A) => Promise<B>): Promise<B[]> {
  const results: B[] = []
  let next = 0
  const worker = async () => {
    for (let at = next++; at < items.length; at = next++) {
      const item = items[at]
      if (item !== undefined) results[at] = await work(item)
    }
  }
  await Promise.all(Array.from({ length: Math.min(availableParallelism(), 4) }, worker))
  return results
}
