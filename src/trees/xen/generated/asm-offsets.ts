/**
 * asm-offsets.h: offsets of structure members for assembly code. Xen compiles asm-offsets.c to assembler text and takes
 * marked strings out of it; it records no command for that, so ours is another unit's, put to the test: on the tree's
 * own texts it must give exactly the header that the tree has.
 */
import { join } from 'node:path'
import { takeApart } from '../../command.ts'
import { tryCompile } from '../../compile.ts'
import { readDependencyFile } from '../../dependency-file.ts'
import { readText, toBase } from '../../layout.ts'
import type { Tree, Unit } from '../../model.ts'
import type { Overlay } from '../../overlay.ts'

export type Offsets =
  | { readonly kind: 'unconcerned' }
  | { readonly kind: 'same' }
  | { readonly kind: 'changed'; readonly header: string; readonly text: string }
  | { readonly kind: 'unknown'; readonly header: string; readonly why: string }

/** What the header becomes under `overlay`. */
export async function offsetsUnder(tree: Tree, touched: ReadonlySet<string>, overlay: Overlay): Promise<Offsets> {
  const { layout } = tree
  const rule = readText(join(layout.buildFolder, '.asm-offsets.s.d'))
  const spelled = readDependencyFile(rule ?? '')
  const source = spelled[0]
  if (source === undefined) return { kind: 'unconcerned' }
  const paths = spelled.map(name =>
    toBase(layout, tree.texts.real.of(name.startsWith('/') ? name : join(layout.buildFolder, name))),
  )
  if (!paths.some(path => touched.has(path))) return { kind: 'unconcerned' }
  const arch = /(?:^|\/)arch\/(\w+)\//.exec(source)?.[1]
  if (arch === undefined) {
    return { kind: 'unknown', header: 'asm-offsets.h', why: `${source} lies in no machine’s folder below arch/` }
  }
  const header = toBase(layout, join(layout.buildFolder, `arch/${arch}/include/asm/asm-offsets.h`))
  const tracked = { header, source, paths }
  return compareOffsets(tree, tracked, overlay)
}

interface Tracked {
  readonly header: string
  readonly source: string
  readonly paths: readonly string[]
}

async function compareOffsets(tree: Tree, { header, source, paths }: Tracked, overlay: Overlay): Promise<Offsets> {
  const unit = asUnit(tree, source, paths)
  const now = tree.reader.read(header)
  if (unit === undefined || now === undefined)
    return { kind: 'unknown', header, why: 'the tree has no header or no unit to go by' }
  const made = async (texts: Overlay, label: string) => {
    const [result] = await tryCompile(tree, [{ unit, overlay: texts, label }], 'assembler')
    return { text: result?.done && marked(result.done.object), words: result?.failed?.words ?? '' }
  }
  const patched = await made(overlay, 'patched')
  // Mostly nothing changes, and the tree's own texts need not be asked.
  if (patched.text !== undefined && isAllOf(now, patched.text)) return { kind: 'same' }
  const original = await made(new Map(), 'original')
  const [before, after] = [original.text, patched.text]
  if (before === undefined) return { kind: 'unknown', header, why: original.words }
  if (after === undefined) return { kind: 'unknown', header, why: patched.words }
  if (!now.includes(before))
    return { kind: 'unknown', header, why: `a fresh compile of ${source} does not give the header that the tree has` }
  if (before === after) return { kind: 'same' }
  return { kind: 'changed', header, text: now.replace(before, () => after) }
}

/** Whether the header has these lines, and besides them defines nothing but its guard. */
export function isAllOf(header: string, lines: string): boolean {
  const others = header.replace(lines, () => '').match(/^[ \t]*#[ \t]*define\b/gm) ?? []
  return lines !== '' && header.includes(`\n${lines}\n`) && others.length <= 1
}

/** The header's own lines: what stands between the marks, without the `$` or `#` that assemblers put before numbers. */
function marked(assembler: Uint8Array): string {
  const lines = Buffer.from(assembler).toString('latin1').split('\n')
  return lines
    .filter(line => !line.startsWith('#'))
    .flatMap(line => /==>(.*)<==/.exec(line)?.[1] ?? [])
    .map(text => text.replace(/ [$#]/, ' '))
    .join('\n')
}

/** asm-offsets.c as a unit, with the flags that most units of the tree's first folder share. */
function asUnit(tree: Tree, source: string, dependencies: readonly string[]): Unit | undefined {
  const model = tree.units.find(
    unit => unit.language === 'c' && unit.role === 'linked' && unit.unit.startsWith('common/'),
  )
  if (model === undefined) return undefined
  const { launcher, compiler, options } = takeApart(model.command)
  const spelledSource = options.at(-1)
  const own = options
    .slice(0, -1)
    .filter(option => !option.startsWith('-Wa,') && option !== '-g')
    .map(option => option.replaceAll(model.unit, 'asm-offsets.s'))
  if (spelledSource === undefined || !spelledSource.endsWith('.c')) return undefined
  return {
    folder: model.folder,
    language: 'c',
    role: 'embedded',
    object: undefined,
    original: 'compiled',
    objcopy: [],
    unit: 'asm-offsets.s',
    source,
    dependencies,
    command: [...launcher, compiler, ...own, source],
  }
}
