/** From C texts to a payload, and what is to be known of it as lines. */
import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type AssembleOptions, assemble, type Payload } from '../../src/assemble/assemble.ts'
import { compareUnit } from '../../src/compare/compare.ts'
import { correlate } from '../../src/correlate/correlate.ts'
import { readElf } from '../../src/elf/index.ts'
import { inspectPayload } from '../../src/loaders/inspect.ts'
import { loaderOf, type TargetName, targetOf } from '../../src/loaders/loaders.ts'
import { pieceMap } from '../../src/pieces/pieces.ts'
import { type Selection, select } from '../../src/select/select.ts'
import { compile, XEN_LIKE } from '../support/gcc.ts'

export const ID = Uint8Array.from({ length: 20 }, (_, index) => 0xa0 + index)

/** Compiled as Xen is: what is only declared is hidden too. */
const HIDDEN = '#pragma GCC visibility push(hidden)\n'

export interface Source {
  readonly before: string
  readonly after: string
}

export function selectSources(
  sources: readonly Source[],
  {
    target = 'xen',
    flags,
  }: { readonly target?: TargetName | undefined; readonly flags?: readonly string[] | undefined },
): Selection {
  const facts = targetOf(loaderOf(target), 62)
  const { loader } = facts
  const object = (text: string) => compile((target === 'xen' ? HIDDEN : '') + text, flags ?? XEN_LIKE)
  const units = sources.map(({ before, after }, index) => {
    const original = pieceMap(readElf<'original'>(object(before)), { loader })
    const patched = pieceMap(readElf<'patched'>(object(after)), { loader })
    const verdicts = compareUnit(correlate(original, patched))
    return { unit: `unit${index}.o`, fileSymbol: `unit${index}.c`, verdicts }
  })
  return select(units, { target: facts, denied: loader.denied })
}

export function optionsFor(target: TargetName = 'xen'): AssembleOptions {
  return { target: targetOf(loaderOf(target), 62), depends: ID, xenDepends: ID }
}

/** The payload of a selection that must not be refused. */
export function payloadOf(selection: Selection, options: AssembleOptions = optionsFor()): Payload {
  const assembly = assemble(selection, options)
  if (assembly.kind === 'payload') return assembly.payload
  throw new Error(assembly.refusals.map(({ code, text }) => `${code}: ${text}`).join('\n'))
}

/** What an assembly came to, one line a fact, without sizes, which are the compiler's choice. */
export function factLines(selection: Selection, options: AssembleOptions): readonly string[] {
  const assembly = assemble(selection, options)
  if (assembly.kind === 'refused') return assembly.refusals.map(({ code, symbol }) => `refused ${code} ${symbol}`)
  const model = inspectPayload(assembly.payload.bytes)
  return [
    ...model.functions.map(({ name }) => `replaces ${name}`),
    ...model.newSymbols.map(name => `brings ${name.replace(/#[0-9a-f]{8}$/, '#MARK')}`),
    ...model.undefinedSymbols.map(name => `needs ${name}`),
    ...model.hooks.map(({ section, functions }) => `hook ${section} ${functions.join(' ')}`),
    ...model.entries.map(({ section, count }) => `entries ${section} ${count}`),
    ...model.sections
      .filter(({ name }) => !name.startsWith('.livepatch') && !name.startsWith('.note') && name !== '.text')
      .map(({ name, memory }) => `section ${name} ${memory}`),
    ...assembly.payload.notices.map(({ code }) => `notice ${code}`),
  ].toSorted()
}

export const hasReadelf = spawnSync('readelf', ['--version']).status === 0
export const withoutReadelf = hasReadelf ? '' : ' (readelf is missing)'

/** What readelf has to say against the object; empty for a sound one. */
export function readelfComplaints(bytes: Uint8Array): string {
  const folder = mkdtempSync(join(tmpdir(), 'hotsplice-test-'))
  try {
    const file = join(folder, 'payload.o')
    writeFileSync(file, bytes)
    return spawnSync('readelf', ['-aW', file], { encoding: 'utf8' }).stderr
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}
