/**
 * Types of the library as its users see them: what compiles here is promised, and what is marked as an error must be one.
 * Compiled against the packed package (packed.test.ts), and never run.
 */
import {
  type Advice,
  advise,
  type BuildResult,
  build,
  diff,
  type Host,
  InputError,
  type InputErrorCode,
  type LinesReport,
  type listLines,
  type NeutralizeResult,
  type neutralize,
  openHost,
  type Refusal,
  type RehearsalResult,
  type RunReport,
  rehearse,
  sign,
  type TranslateResult,
  type translate,
  type VerifyReport,
  verify,
} from 'hotsplice'
import { type ElfObject, readElf, type SectionId, type SymbolId } from 'hotsplice/elf'
import type { readReport } from 'hotsplice/report'

/** Whether two types are the same. */
type Same<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false
const holds = <Whether extends true>(): Whether | undefined => undefined

const bytes = new Uint8Array()
const signal = new AbortController().signal

// What is enough, and what it gives.
const built = build({ tree: 'tree', patch: 'fix.patch' })
holds<Same<typeof built, Promise<BuildResult>>>()
holds<Same<BuildResult['payload'], Uint8Array | undefined>>()
holds<Same<BuildResult['report'], RunReport>>()
holds<Same<RunReport['refusals'], readonly Refusal[]>>()
holds<Same<ReturnType<typeof advise>, Promise<Advice>>>()
holds<Same<ReturnType<typeof diff>, Promise<RunReport>>>()
holds<Same<ReturnType<typeof listLines>, Promise<LinesReport>>>()
holds<Same<ReturnType<typeof neutralize>, Promise<NeutralizeResult>>>()
holds<Same<ReturnType<typeof openHost>, Promise<Host>>>()
holds<Same<ReturnType<typeof rehearse>, Promise<RehearsalResult>>>()
holds<Same<ReturnType<typeof sign>, Promise<Uint8Array>>>()
holds<Same<ReturnType<typeof translate>, Promise<TranslateResult>>>()
holds<Same<ReturnType<typeof verify>, Promise<VerifyReport>>>()
holds<Same<ReturnType<typeof readReport>, RunReport>>()

// Files by name or as bytes, one or several, and everything that may be left out, also as undefined.
void build({ tree: 'tree', patch: bytes, signal, target: 'process', lines: 'mask', jobs: 2 })
void build({ tree: 'tree', patch: ['a.patch', bytes], signal: undefined, lines: undefined })
void rehearse({ payloads: ['a', bytes, { name: 'c', bytes }], hypervisor: 'xen' })
void verify({ payload: bytes, symbols: bytes, on: [{ name: 'a', bytes }], xenVersion: '4.17' })
void diff({ original: 'a.o', patched: bytes })
void openHost('xen')

// @ts-expect-error a build needs a patch
void build({ tree: 'tree' })
// @ts-expect-error a build needs a tree
void build({ patch: 'fix.patch' })
// @ts-expect-error no such way
void build({ tree: 'tree', patch: 'fix.patch', lines: 'some' })
// @ts-expect-error no such target
void advise({ tree: 'tree', patch: 'fix.patch', target: 'linux' })
// @ts-expect-error advise chooses the way
void advise({ tree: 'tree', patch: 'fix.patch', lines: 'mask' })
// @ts-expect-error no such option
void build({ tree: 'tree', patch: 'fix.patch', cache: 'folder' })
// @ts-expect-error options are one object
void diff('a.o', 'b.o')
// @ts-expect-error no such hash
void sign({ payload: bytes, key: 'key.pem', certificate: 'cert.pem', hash: 'md5' })
// @ts-expect-error no such version
void verify({ payload: bytes, symbols: bytes, xenVersion: '4.16' })
// @ts-expect-error what runs must be known
void verify({ payload: bytes })
// @ts-expect-error a rehearsal tries something
void rehearse({ symbols: 'vmlinuz' })

// Results are not to be written to.
void built.then(result => {
  // @ts-expect-error read-only
  result.report.outcome = 'built'
  // @ts-expect-error read-only
  result.report.refusals.push({ code: '', unit: '', symbol: '', text: '', hint: '' })
  // @ts-expect-error there may be no payload
  return result.payload.length
})

// Errors are told by their class and their code.
const code: InputErrorCode = new InputError('cli/usage', 'a fact', 'a way out').code
// @ts-expect-error a code has two halves
new InputError('usage', 'a fact')
// @ts-expect-error a code is no number
const number: number = code

// Ids carry their side: what belongs to one file is no place in another.
const [original, patched] = [readElf<'original'>(bytes), readElf<'patched'>(bytes)]
holds<Same<typeof original, ElfObject<'original'>>>()
const symbol: SymbolId<'original'> | undefined = original.symbols[0]?.id
// @ts-expect-error of the other file
const other: SymbolId<'original'> | undefined = patched.symbols[0]?.id
// @ts-expect-error a section is no symbol
const section: SectionId<'original'> | undefined = symbol

export { number, other, section }
