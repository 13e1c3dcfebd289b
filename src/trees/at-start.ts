/** Whether two objects differ only in what is gone once the system is up. */
import { InputError } from '../base/errors.ts'
import type { Side } from '../base/side.ts'
import { type ElfObject, type ElfRelocation, readElf } from '../elf/index.ts'
import { SHF_ALLOC } from '../elf/spec/constants.ts'
import type { Loader } from '../loaders/loader.ts'

type Facts = Pick<Loader, 'sectionClass' | 'startMemory'>

/** In doubt, no: names that lie elsewhere afterwards, sections that came or went. */
export function differsAtStartOnly(original: Uint8Array, patched: Uint8Array, loader: Facts): boolean {
  if (loader.startMemory !== 'freed') return false
  try {
    const [before, after] = [readElf<'original'>(original), readElf<'patched'>(patched)]
    if (isCopied(before) || isCopied(after)) return false
    return lastingOf(before, loader) === lastingOf(after, loader)
  } catch (error) {
    if (error instanceof InputError) return false
    throw error
  }
}

/**
 * Xen copies its trampoline to low memory, where it runs for processors that come up later and after a sleep, though it
 * stands among what is freed (arch/x86/boot/trampoline.S).
 */
function isCopied<S extends Side>({ symbols, sections }: ElfObject<S>): boolean {
  return [...symbols, ...sections].some(({ name }) => /^\.?trampoline_/.test(name))
}

/** All that stays, as text. */
function lastingOf<S extends Side>(object: ElfObject<S>, loader: Facts): string {
  const isLasting = ({ name, flags }: { readonly name: string; readonly flags: number }) => {
    const own = loader.sectionClass(name)
    return (flags & SHF_ALLOC) !== 0 && own !== 'init-code' && own !== 'init-data' && own !== 'dropped'
  }
  const sections = object.sections.filter(isLasting)
  const contents = sections.map(({ id, name, type, flags, alignment, size, bytes }) => [
    [name, type, flags, alignment, size],
    Buffer.from(bytes).toString('latin1'),
    (object.relocations[id] ?? []).map(each => relocationText(object, each)),
  ])
  const names = object.symbols.flatMap(({ name, binding, kind, place, size }) => {
    const section = place.in === 'section' ? object.sections[place.section] : undefined
    const isOther = section !== undefined && !isLasting(section)
    return name === '' || isOther ? [] : [[name, binding, kind, size, placeText(object, place)]]
  })
  return JSON.stringify([contents, names])
}

function relocationText<S extends Side>(object: ElfObject<S>, { offset, type, symbol, addend }: ElfRelocation<S>) {
  const target = object.symbols[symbol]
  return [offset, type, target?.name, target && placeText(object, target.place), `${addend}`]
}

/** What lies at a place that may move is known by its name. */
function placeText<S extends Side>(object: ElfObject<S>, place: ElfObject<S>['symbols'][number]['place']): string {
  if (place.in === 'section') return `${object.sections[place.section]?.name} ${place.offset}`
  return place.in === 'absolute' ? `${place.value}` : place.in
}
