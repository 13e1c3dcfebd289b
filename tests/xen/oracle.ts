/**
 * Which functions does a patch change? Answered without any of our own code: the tree's own compile commands, binutils' text
 * of both objects, and a comparison of strings.
 *
 * The tree's objects are the originals. Every unit whose recorded dependencies name an edited file is compiled again, in a
 * private copy of the tree; so is a unit that a Makefile edit adds, with the command of a unit beside it.
 */
import { execFile } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, dirname, join } from 'node:path'
import { promisify } from 'node:util'
import { type Edit, type EditedFile, editFiles } from './edits.ts'
import { readObject } from './oracle/binutils.ts'
import { type ObjectText, textOf } from './oracle/functions.ts'
import { dependsOn, inParallel, readUnits, type Unit } from './oracle/units.ts'
import { copyTree } from './tree.ts'

export interface Differences {
  /** Each as `common/domain.o do_vm_assist`, in order. */
  readonly changed: string[]
  readonly added: string[]
  readonly gone: string[]
}

export interface Answer {
  readonly functions: Differences
  readonly data: Differences
  /** How many units had to be compiled. */
  readonly units: number
}

export interface Oracle {
  /** `only` keeps units whose path it accepts, for patches that touch hundreds. */
  ask(edits: readonly Edit[], only?: (unit: string) => boolean): Promise<Answer>
  /** Both texts of one function, for a person who wonders. */
  show(edits: readonly Edit[], unit: string, name: string): Promise<[string, string]>
  close(): void
}

/** `tree` is a built tree, the folder that holds `xen/`. It is copied; nothing is written to it. */
export function openOracle(tree: string): Oracle {
  const units = readUnits(join(tree, 'xen'))
  const copy = join(mkdtempSync(join(tmpdir(), 'hotsplice-oracle-')), 'tree')
  copyTree(tree, copy)
  const compare = async (edits: readonly Edit[], only: (unit: string) => boolean) => {
    const edited = editFiles(tree, edits)
    const affected = [...units, ...newUnits(units, edited)].filter(
      unit =>
        dependsOn(
          unit,
          edited.map(({ file }) => file),
        ) && only(unit.unit),
    )
    write(copy, edited, ({ after }) => after)
    try {
      return await inParallel(affected, async unit => compareUnit(tree, copy, unit, !units.includes(unit)))
    } finally {
      write(copy, edited, ({ before }) => before)
    }
  }
  return {
    async ask(edits, only = () => true) {
      const pairs = await compare(edits, only)
      return {
        functions: differences(pairs, text => text.functions),
        data: differences(pairs, text => text.data),
        units: pairs.length,
      }
    },
    async show(edits, wanted, name) {
      const [pair] = await compare(edits, unit => unit === wanted)
      return [pair?.original.functions.get(name) ?? '', pair?.patched.functions.get(name) ?? '']
    },
    close: () => rmSync(dirname(copy), { recursive: true }),
  }
}

interface Pair {
  readonly unit: string
  readonly original: ObjectText
  readonly patched: ObjectText
}

const nothing: ObjectText = { functions: new Map(), data: new Map() }

async function compareUnit(tree: string, copy: string, unit: Unit, isNew: boolean): Promise<Pair> {
  const patched = await compile(join(copy, 'xen'), unit)
  const original = isNew ? nothing : textOf(readObject(join(tree, 'xen', unit.unit)))
  return { unit: unit.unit, original, patched: textOf(readObject(patched)) }
}

/** Compiles into the copy, beside the original's object, and returns where. */
async function compile(folder: string, { unit, command }: Unit): Promise<string> {
  const output = join(dirname(unit), `.oracle.${basename(unit)}`)
  const line = command.replace(/ -o \S+/, ` -o ${output}`).replace(/ -MF \S+/, ' -MF /dev/null')
  await promisify(execFile)('sh', ['-c', line], { cwd: folder, maxBuffer: 1 << 24 })
  return join(folder, output)
}

function write(
  copy: string,
  edited: readonly EditedFile[],
  textOfFile: (file: EditedFile) => string | undefined,
): void {
  for (const file of edited) {
    const path = join(copy, file.file)
    const text = textOfFile(file)
    if (text === undefined) rmSync(path, { force: true })
    else {
      mkdirSync(dirname(path), { recursive: true })
      writeFileSync(path, text, 'latin1')
    }
  }
}

/** A new C file is compiled as its neighbours are. */
function newUnits(units: readonly Unit[], edited: readonly EditedFile[]): Unit[] {
  return edited
    .filter(({ file, before }) => before === undefined && file.endsWith('.c'))
    .map(({ file }) => {
      const source = file.replace(/^xen\//, '')
      const neighbour = units.find(unit => dirname(unit.unit) === dirname(source) && unit.command.endsWith(unit.unit))
      if (!neighbour) throw new Error(`no unit beside ${file} shows how it is compiled`)
      const old = neighbour.unit.replace(/\.o$/, '')
      const command = neighbour.command.replaceAll(old, source.replace(/\.c$/, ''))
      return { unit: source.replace(/\.c$/, '.o'), command, dependencies: new Set([source]) }
    })
}

function differences(pairs: readonly Pair[], of: (text: ObjectText) => ReadonlyMap<string, string>): Differences {
  const result: Differences = { changed: [], added: [], gone: [] }
  for (const { unit, original, patched } of pairs) {
    const [before, after] = [of(original), of(patched)]
    for (const name of new Set([...before.keys(), ...after.keys()])) {
      if (!before.has(name)) result.added.push(`${unit} ${name}`)
      else if (!after.has(name)) result.gone.push(`${unit} ${name}`)
      else if (before.get(name) !== after.get(name)) result.changed.push(`${unit} ${name}`)
    }
  }
  for (const list of Object.values(result)) list.sort()
  return result
}
