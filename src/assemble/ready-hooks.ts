/**
 * Hooks whose code is ready to run when they are called. Where a loader makes ready only what its table of functions names,
 * and only when it applies that, hooks come sooner: load hooks run before the first function is replaced. So each hook is
 * entered by a stub that makes all of the payload's code ready first. The stub itself is code that the loader edits while
 * it loads the payload, and makes ready then; what it becomes is what it is.
 *
 * QEMU has no caches and cannot show any of this but that the stubs do no harm.
 */
import { InternalError } from '../base/errors.ts'
import { HOOK_PREFIX } from '../loaders/payload-sections.ts'
import type { PayloadTarget } from './model.ts'
import { type OutputRelocation, OutputSection } from './output-section.ts'
import { codeKind, type Placed, readOnly } from './place.ts'
import type { SymbolBook } from './symbol-book.ts'

const TEXT = '.text'

/** Leads all hooks of the payload through stubs; the sections that it had not before. */
export function readyHooks({ sections }: Placed, target: PayloadTarget, book: SymbolBook): readonly OutputSection[] {
  const { loader, machine, patching } = target
  const text = sections.get(TEXT)
  const hooks = [...sections.values()].filter(({ kind }) => kind.name.startsWith(HOOK_PREFIX))
  if (!loader.readiesNewCodeOnly(machine.number) || hooks.length === 0 || text === undefined) return []
  const [edited, readying] = [loader.readiesEdited(machine.number), patching.readying]
  if (edited === undefined || readying === undefined)
    throw new InternalError(`nothing makes hooks ready to run on ${machine.name}`)
  const code = sections.get(edited.code) ?? new OutputSection(codeKind(edited.code, target))
  const table = sections.get(edited.table) ?? new OutputSection(readOnly(edited.table))
  const start = { symbol: book.section(TEXT), addend: 0n }
  const end = { symbol: book.section(TEXT), addend: BigInt(text.size) }
  const stubs = new Map<string, bigint>()
  const stubFor = ({ symbol, addend }: OutputRelocation): bigint => {
    const key = `${symbol} ${addend}`
    const known = stubs.get(key)
    if (known !== undefined) return known
    const at = code.append(readying.bytes, { alignment: 4, residue: 0 })
    const addresses = { start, end, rest: { symbol, addend } }
    for (const { offset, type, to } of readying.fields)
      code.relocations.push({ offset: at + offset, type, ...addresses[to] })
    const entry = table.append(edited.entry(readying.bytes.length), { alignment: 4, residue: 0 })
    const distance = { type: patching.distanceRelocation, symbol: book.section(edited.code), addend: BigInt(at) }
    for (const field of edited.fields) table.relocations.push({ offset: entry + field, ...distance })
    stubs.set(key, BigInt(at))
    return BigInt(at)
  }
  for (const { relocations } of hooks) {
    for (const [index, hook] of relocations.entries())
      relocations[index] = { ...hook, symbol: book.section(edited.code), addend: stubFor(hook) }
  }
  return [code, table].filter(({ kind }) => !sections.has(kind.name))
}
