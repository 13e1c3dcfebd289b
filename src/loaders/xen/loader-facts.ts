/**
 * Which kind of loader a Xen has. Changes to it were brought back to stable branches, and vendors bring back others, so
 * that no version says which kind one is (docs/loader-history.md has each change and where it came). It is read: from the
 * image's own code and constants, else from the source. A version stands for the last state of its stable branch, and is
 * asked only where neither tells; whoever does so says which facts those were.
 *
 * To add a fact: a member here, how image and source tell it, its value in each version, and a line in the history.
 */
import { AARCH64 } from '../../machines/aarch64/aarch64.ts'
import { machineOf } from '../../machines/machines.ts'
import { bodyBehind, withoutComments } from './source-text.ts'
import type { HypervisorSymbol, HypervisorSymbols } from './symbols.ts'

export interface LoaderKind {
  /** Looks at where each entry of .altinstructions leads before it edits anything; else it edits whatever is there. */
  readonly checksAlternatives: boolean
  /** Answers with an error for an alternative that does not fit; else it stops Xen. */
  readonly refusesAlternatives: boolean
  /** Knows alternatives for processors without a feature (the top bit of its number). */
  readonly knowsInverted: boolean
  /** Reads a table of boot, which is gone, when it applies alternatives on a processor with CET-IBT. */
  readonly sealsAgain: boolean
  /** Knows the code of a payload once it is loaded, so that hooks may fault and warn; else while it is applied. */
  readonly knowsLoadedCode: boolean
  /** Finds the calls that it makes direct in .alt_call_sites; else among the alternatives. */
  readonly takesCallSites: boolean
  /** Asks for the right hypervisor before anything else is loaded; else after all of it. */
  readonly asksBuildIdFirst: boolean
  /** Answers for a wrong note with what its reader says; else EINVAL for all of them. */
  readonly passesNoteErrors: boolean
  /** Looks at sections that are not loaded in the uploaded file, while it has that; else through a null pointer. */
  readonly keepsUpload: boolean
}

/** Each fact that is told; what is not is left out. */
export type LoaderFacts = Partial<LoaderKind>

/** The files of a source tree that tell, below the hypervisor's folder. */
export const FACT_SOURCES = {
  loader: 'common/livepatch.c',
  sections: 'include/xen/livepatch_elf.h',
  alternatives: 'arch/x86/alternative.c',
} as const

export type FactTexts = Readonly<Record<keyof typeof FACT_SOURCES, string | undefined>>

const REPLACEMENTS = '.altinstr_replacement'
const CALL_SITES = '.alt_call_sites'
/** What stays of a feature's number without the bit that turns it round. */
const FEATURE_BITS = 0x7fff
/** Bytes of `struct livepatch_elf_sec` with one address for a section, and with two. */
const [ONE_ADDRESS, TWO_ADDRESSES] = [24, 32]
/** Instructions between a look at the state of the system and what is done only while it boots. */
const NEAR = 4

/** By the source. */
export function factsOfTexts(texts: FactTexts): LoaderFacts {
  const [loader, sections, alternatives] = [texts.loader, texts.sections, texts.alternatives].map(text =>
    text === undefined ? undefined : withoutComments(text),
  )
  return {
    ...(loader === undefined ? {} : factsOfLoader(loader)),
    ...told('keepsUpload', sections === undefined ? undefined : addressesIn(sections)),
    ...(alternatives === undefined ? {} : factsOfAlternatives(alternatives)),
  }
}

function factsOfLoader(text: string): LoaderFacts {
  if (!/\bprepare_payload\s*\(/.test(text)) return {}
  return {
    checksAlternatives: text.includes(`"${REPLACEMENTS}"`),
    takesCallSites: text.includes(`"${CALL_SITES}"`),
    passesNoteErrors: /\bparse_buildid\s*\(/.test(text),
    ...told('knowsLoadedCode', registersIn(text)),
    ...told('asksBuildIdFirst', oneOf(/\bcheck_xen_buildid\s*\(/.test(text), /\bxen_build_id_dep\s*\(/.test(text))),
  }
}

function registersIn(text: string): boolean | undefined {
  const registers = (name: string) =>
    /\bregister_virtual_region\s*\(/.test(bodyBehind(text, new RegExp(`\\b${name}\\s*\\([^)]*\\)\\s*\\{`)) ?? '')
  return oneOf(registers('livepatch_upload'), registers('apply_payload_tail'))
}

function addressesIn(text: string): boolean | undefined {
  const members = bodyBehind(text, /\bstruct\s+livepatch_elf_sec\s*\{/) ?? ''
  return oneOf(/\*\s*addr\s*;/.test(members), /\*\s*load_addr\s*;/.test(members))
}

function factsOfAlternatives(text: string): LoaderFacts {
  const body = bodyBehind(text, /\b_apply_alternatives\s*\([^)]*\)\s*\{/)
  if (body === undefined) return {}
  const seals = body.includes('__initdata_cf_clobber_start')
  const condition = /\bif\s*\(([^;{}]*\bcpu_has_xen_ibt\b[^;{}]*)\)/.exec(body)?.[1] ?? ''
  return {
    knowsInverted: /\bALT_FLAG_NOT\b/.test(body),
    sealsAgain: seals && !/\bsystem_state\b/.test(condition),
    ...told(
      'refusesAlternatives',
      oneOf(/\breturn\s+-ENOSPC\b/.test(body), /\bBUG_ON\s*\(\s*a->repl_len\b/.test(body)),
    ),
  }
}

/**
 * What is so on a machine whatever the version. Source: xen/arch/arm/alternative.c, 4.17 to 4.22, which seals nothing, knows
 * no feature turned round, and stops Xen where an alternative does not fit; the names above are of x86's file.
 */
const OF_MACHINE: ReadonlyMap<number, LoaderFacts> = new Map([
  [AARCH64.number, { refusesAlternatives: false, knowsInverted: false, sealsAgain: false }],
])

type Image = Pick<HypervisorSymbols, 'machine' | 'symbols' | 'bytesAt' | 'hasConstant'>

/** By the image: names that the loader looks for, messages that it prints, and its code. */
export function factsOfImage(image: Image): LoaderFacts {
  const has = (text: string) => image.hasConstant(text)
  // The prefix of all that a loader prints: without it there is none, or its constants are not to be seen.
  const settled = image.machine === undefined ? undefined : OF_MACHINE.get(image.machine)
  if (has('livepatch: ') !== true) return { ...settled }
  const asksBuildIdFirst = oneOf(
    has('unable to get running Xen build-id') === true,
    has('check against hypervisor build-id failed') === true,
  )
  return {
    ...told('checksAlternatives', has(`${REPLACEMENTS}\0`)),
    ...told('refusesAlternatives', has('larger than origin')),
    ...told('takesCallSites', has(`${CALL_SITES}\0`)),
    ...told('asksBuildIdFirst', asksBuildIdFirst),
    // The early question is asked by that reader.
    ...told(
      'passesNoteErrors',
      image.symbols.some(({ plainName }) => plainName === 'parse_buildid') || asksBuildIdFirst,
    ),
    ...told('keepsUpload', addressesOf(image)),
    ...told('knowsLoadedCode', registersOf(image)),
    ...factsOfCode(image),
    ...settled,
  }
}

/** By how far its search goes from one section to the next. */
function addressesOf(image: Image): boolean | undefined {
  const [code] = codeOf(image, /^livepatch_elf_sec_by_name$/)
  const numbers = code && knowledgeOf(image)?.accessesOf(code.bytes).numbers
  return numbers && oneOf(numbers.has(ONE_ADDRESS), numbers.has(TWO_ADDRESSES))
}

/** By which of its steps says that there is code: those of a hypercall that uploads, or those that apply. */
function registersOf(image: Image): boolean | undefined {
  const knowledge = knowledgeOf(image)
  const target = image.symbols.find(({ plainName }) => plainName === 'register_virtual_region')?.address
  if (knowledge === undefined || target === undefined) return undefined
  const registers = (names: RegExp) => codeOf(image, names).some(code => knowledge.callsTo(target, code) > 0)
  return oneOf(
    registers(/^(livepatch_op|livepatch_upload|load_payload_data)(\.|$)/),
    registers(/^(check_for_livepatch_work|livepatch_do_action|apply_payload_tail)(\.|$)/),
  )
}

/** Of the function that edits code, as the compiler calls it: it may be part of its caller. */
function factsOfCode(image: Image): LoaderFacts {
  const knowledge = knowledgeOf(image)
  const parts = codeOf(image, /^_?apply_alternatives(\.|$)/)
  if (knowledge === undefined) return {}
  if (parts.length === 0) return {}
  const [sealed, state] = ['__initdata_cf_clobber_start', 'system_state'].map(
    name => image.symbols.find(({ plainName, local }) => plainName === name && !local)?.address,
  )
  const knowsInverted = parts.some(({ bytes }) => knowledge.accessesOf(bytes).numbers.has(FEATURE_BITS))
  if (sealed === undefined || state === undefined) return { knowsInverted }
  const sealsAgain = parts.some(code => {
    const places = knowledge.referencesTo([sealed, state], code)
    return places.some(({ at, target }) => target === sealed && !places.some(isLookBefore(at, state)))
  })
  return { knowsInverted, sealsAgain }
}

const isLookBefore = (at: number, state: bigint) => (look: { readonly at: number; readonly target: bigint }) =>
  look.target === state && look.at < at && at - look.at <= NEAR

function codeOf(image: Image, name: RegExp): readonly { readonly address: bigint; readonly bytes: Uint8Array }[] {
  const isPart = ({ kind, size, plainName }: HypervisorSymbol) =>
    kind === 'function' && size > 0 && name.test(plainName)
  return image.symbols.filter(isPart).flatMap(({ address, size }) => {
    const bytes = image.bytesAt(address, size)
    return bytes === undefined ? [] : [{ address, bytes }]
  })
}

const knowledgeOf = ({ machine }: Image) => (machine === undefined ? undefined : machineOf(machine).code)

/** Signs of both kinds at once, or of neither, tell nothing. */
const oneOf = (yes: boolean, no: boolean): boolean | undefined => (yes === no ? undefined : yes)

const told = (name: keyof LoaderKind, value: boolean | undefined): LoaderFacts =>
  value === undefined ? {} : { [name]: value }
