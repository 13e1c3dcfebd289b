/**
 * On AArch64 the loader makes ready what it replaces, after the hooks have run: they go through stubs that it makes ready
 * before.
 */
import { describe, expect, test } from 'vitest'
import { compileArm64, missingForArm64 } from '../../tests/support/arm64.ts'
import { selectFrom } from '../../tests/support/judge.ts'
import { readElf } from '../elf/index.ts'
import type { ElfObject } from '../elf/model.ts'
import { targetOf } from '../loaders/loaders.ts'
import { XEN } from '../loaders/xen/xen.ts'
import { AARCH64 } from '../machines/aarch64/aarch64.ts'
import { READYING } from '../machines/aarch64/ready.ts'
import { assemble } from './assemble.ts'

const HEAD = `extern int flag; extern void log(int);
#define HOOK(kind, fn) void *__attribute__((weak, section(".livepatch.hooks." #kind))) const data_##fn = fn;
`
const hook = (kind: string, name: string) => `static void ${name}(void) { log(${name.length}); } HOOK(${kind}, ${name})`
const OLD = 'int f(int a) { return a + flag; }'
const NEW = 'int f(int a) { return a - flag; }'
const [CODE, TABLE, ENTRY_SIZE] = ['.altinstr_replacement', '.altinstructions', 12]
const ID = new Uint8Array(20).fill(7)

function payloadOf(before: string, after: string): ElfObject<'payload'> {
  const target = targetOf(XEN, AARCH64.number)
  const [original, patched] = [before, after].map(text => compileArm64(HEAD + text))
  if (original === undefined || patched === undefined) throw new Error('nothing was compiled')
  const selection = selectFrom(original, patched, { target, denied: () => undefined })
  const made = assemble(selection, { target, depends: ID, xenDepends: ID })
  if (made.kind !== 'payload') throw new Error(JSON.stringify(made.refusals))
  return readElf<'payload'>(made.payload.bytes)
}

function sectionOf(object: ElfObject<'payload'>, name: string) {
  const index = object.sections.findIndex(section => section.name === name)
  const bytes = object.sections[index]?.bytes ?? new Uint8Array()
  const relocations = (object.relocations[index] ?? []).map(({ offset, type, addend, symbol }) => {
    const { place, name: own } = object.symbols[symbol] ?? {}
    const section = place?.in === 'section' ? object.sections[place.section]?.name : own
    const base = place?.in === 'section' ? place.offset : 0
    return { offset, type, to: section, at: base + Number(addend) }
  })
  return { bytes, relocations }
}

const KINDS: Readonly<Record<string, readonly (readonly [before: string, after: string, hooks: number])[]>> = {
  'before anything is replaced': [[OLD, `${NEW}${hook('load', 'one')}`, 1]],
  'where nothing is replaced': [[OLD, `${OLD}${hook('preapply', 'one')}`, 1]],
  'in place of what the loader does': [[OLD, `${NEW}${hook('apply', 'one')}${hook('postrevert', 'two')}`, 2]],
  'each of a list': [[OLD, `${OLD}${hook('load', 'one')}${hook('load', 'two')}${hook('unload', 'three')}`, 3]],
}

describe.skipIf(missingForArm64 !== '')(`hooks are ready to run ${missingForArm64}`, () => {
  test.for(Object.entries(KINDS).flatMap(([name, rows]) => rows.map(row => [name, ...row] as const)))(
    '%s',
    ([, before, after, hooks]) => {
      const object = payloadOf(before, after)
      const [code, table, text] = [CODE, TABLE, '.text'].map(name => sectionOf(object, name))
      const pointers = object.sections
        .filter(({ name }) => name.startsWith('.livepatch.hooks.'))
        .flatMap(({ name }) => sectionOf(object, name).relocations)
      const size = READYING.bytes.length
      expect(pointers.map(({ to }) => to)).toEqual(Array.from({ length: hooks }, () => CODE))
      expect(new Set(pointers.map(({ at }) => at)).size).toBe(hooks)
      // Every stub becomes what it is, on every processor.
      expect(table?.bytes.length).toBe(hooks * ENTRY_SIZE)
      for (const { at } of pointers) {
        const entry = table?.relocations.filter(each => each.to === CODE && each.at === at).map(({ offset }) => offset)
        expect(entry).toEqual([entry?.[0], (entry?.[0] ?? 0) + 4])
        expect([...(table?.bytes.subarray((entry?.[0] ?? 0) + 8, (entry?.[0] ?? 0) + 12) ?? [])]).toEqual([
          4,
          0,
          size,
          size,
        ])
        expect([...(code?.bytes.subarray(at, at + size) ?? [])]).toEqual([...READYING.bytes])
        const fields = code?.relocations.filter(({ offset }) => offset >= at && offset < at + size) ?? []
        expect(fields.map(({ offset, type }) => ({ offset: offset - at, type }))).toEqual(
          READYING.fields.map(({ offset, type }) => ({ offset, type })),
        )
        expect(fields.slice(2).map(each => each.at)).toEqual([0, 0, text?.bytes.length, text?.bytes.length])
        expect(fields[0]?.at).toBe(fields[1]?.at)
      }
      const rests = code?.relocations.filter(({ offset }) => offset % size === 0).map(({ at }) => at)
      expect(new Set(rests).size).toBe(hooks)
    },
  )

  test('a payload without hooks has no stub', () => {
    expect(sectionOf(payloadOf(OLD, NEW), CODE).bytes).toHaveLength(0)
  })
})
