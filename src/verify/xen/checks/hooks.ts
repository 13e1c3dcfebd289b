/**
 * Functions that Xen calls when a payload is applied or reverted. Sources: livepatch.c "LIVEPATCH_ASSIGN_SINGLE_HOOK",
 * "LIVEPATCH_ASSIGN_MULTI_HOOK", "apply_payload", "livepatch_action", "livepatch_do_action".
 */

import { HOOK_PREFIX } from '../../../loaders/payload-sections.ts'
import { hooksMayWrite } from '../../../loaders/xen/read-only-data.ts'
import { absent, type Finding, finding, hex } from '../../finding.ts'
import type { Rule } from '../../rule.ts'
import { isLoaded } from '../layout.ts'
import type { LoadContext } from '../load-context.ts'
import type { RawSection } from '../raw.ts'

const POINTER = 8

interface Hook {
  readonly section: string
  /** A single pointer, which may be null; otherwise an array of them, none of which may. */
  readonly single: boolean
  readonly when: 'apply' | 'revert'
  /** The single hook that, where it is there, runs in place of what would call this one. */
  readonly insteadOf?: string
}

const hook = (name: string, single: boolean, when: Hook['when']): Hook => {
  return { section: HOOK_PREFIX + name, single, when }
}

/** In the order in which the loader asks for them. */
export const HOOKS: readonly Hook[] = [
  { ...hook('load', false, 'apply'), insteadOf: 'apply' },
  { ...hook('unload', false, 'revert'), insteadOf: 'revert' },
  hook('preapply', true, 'apply'),
  hook('apply', true, 'apply'),
  hook('postapply', true, 'apply'),
  hook('prerevert', true, 'revert'),
  hook('revert', true, 'revert'),
  hook('postrevert', true, 'revert'),
]

const OUTSIDE: readonly string[] = [`${HOOK_PREFIX}preapply`, `${HOOK_PREFIX}postrevert`]

export const HOOK_RULES: readonly Rule[] = [
  {
    code: 'hook-size',
    step: 'hooks',
    source: 'livepatch.c prepare_payload',
    title: 'hook sections hold whole pointers, and one where there can be only one',
    check: loading =>
      present(loading).flatMap(([{ section: name, single }, section], item) => {
        const { size } = section
        const good = single ? size === BigInt(POINTER) : size % BigInt(POINTER) === 0n
        const text = `${name} has ${size} bytes, not ${single ? '' : 'a multiple of '}${POINTER}`
        return good ? [] : [finding('EINVAL', text, loading.placeOf(section), item)]
      }),
  },
  hookRule('apply', { code: 'hook-apply', step: 'apply-hooks', title: 'hooks that run when it is applied are code' }),
  hookRule('revert', { code: 'hook-revert', step: 'revert', title: 'hooks that run when it is reverted are code' }),
]

/** What all hooks point to; nothing where they are not loaded. */
export function hookTargets(loading: LoadContext): readonly bigint[] {
  return HOOKS.flatMap(({ section: name }) => {
    const section = loading.sectionNamed(name)
    const content = section && isLoaded(section) ? loading.content(section) : undefined
    if (content === undefined) return []
    const view = new DataView(content.buffer, content.byteOffset, content.byteLength)
    const count = Math.floor(content.length / POINTER)
    return Array.from({ length: count }, (_, index) => view.getBigUint64(index * POINTER, true))
  })
}

/** The hook sections of a payload; throws where there are none. */
function present(loading: LoadContext): (readonly [Hook, RawSection])[] {
  const found = HOOKS.flatMap(row => {
    const section = loading.sectionNamed(row.section)
    return section === undefined ? [] : [[row, section] as const]
  })
  if (found.length === 0) throw absent('the payload has no hooks')
  return found
}

function hookRule(when: Hook['when'], rule: Pick<Rule, 'code' | 'step' | 'title'>): Rule {
  return {
    ...rule,
    source: 'livepatch.c apply_payload, revert_payload, livepatch_action',
    check: loading => {
      const hooks = present(loading).filter(([row]) => row.when === when)
      if (hooks.length === 0)
        throw absent(`the payload has no hooks that run when it is ${when === 'apply' ? 'applied' : 'reverted'}`)
      return [
        ...hooks.flatMap(([row, section]) => hookProblems(loading, row, section)),
        ...inPlace(loading, when),
        ...hooks.flatMap(([row, section]) => onlyCode(loading, row, section)),
        ...hooks.flatMap(([row, section]) => unknownCode(loading, row, section)),
      ]
    },
  }
}

function hookProblems(loading: LoadContext, hook: Hook, section: RawSection): readonly Finding[] {
  const findings = pointerProblems(loading, hook, section)
  const instead = hook.insteadOf
  if (instead === undefined || !isEnabled(loading, HOOK_PREFIX + instead)) return findings
  // A hook of one's own in place of Xen's: whether it calls these is its affair.
  return findings.map(found => ({ ...found, errno: 'warning' }))
}

/** What a hook in place of Xen's own apply or revert leaves undone, Xen finds, and stops. */
function inPlace(loading: LoadContext, when: Hook['when']): readonly Finding[] {
  const name = HOOK_PREFIX + when
  const count = loading.functions.length
  if (count === 0 || !isEnabled(loading, name)) return []
  const does = when === 'apply' ? 'writes the jumps to' : 'takes back the jumps to'
  const text = `${name} runs in place of what ${does} the ${count} functions of the payload: a hook that does not do that for all of them, or fails half-way, stops Xen`
  return [finding('warning', text, name)]
}

/**
 * Hooks that run while all processors are quiesced write where the loader lets them. What they write to is not seen here;
 * where it is seen that read-only data stays as it is, that is worth a word.
 */
function onlyCode(loading: LoadContext, { section: name, insteadOf }: Hook, section: RawSection): readonly Finding[] {
  if (insteadOf === undefined || section.size === 0n) return []
  const may = hooksMayWrite(loading.hypervisor)
  if (may !== 'code alone' && may !== 'a mapping alone') return []
  const text = `${name} runs where this Xen ${ONLY[may]} of the hypervisor stops it`
  return [finding('warning', text, loading.placeOf(section))]
}

const ONLY = {
  'code alone': 'has made code writable, and read-only data not: a hook that writes to constants or bug frames',
  'a mapping alone':
    'has made nothing writable where it lies, and mapped all of it a second time (vmap_of_xen_text): a hook that writes elsewhere to code or constants',
} as const

/** Hooks that run before a payload is applied, or after its revert, where Xen looks its code up while that lasts only. */
function unknownCode(loading: LoadContext, { section: name }: Hook, section: RawSection): readonly Finding[] {
  if (loading.kind.knowsLoadedCode || !OUTSIDE.includes(name) || !isEnabled(loading, name)) return []
  const faults = ['.ex_table', ...[0, 1, 2, 3].map(kind => `.bug_frames.${kind}`)]
  if (!faults.some(table => (loading.sectionNamed(table)?.size ?? 0n) > 0n)) return []
  const text = `${name} runs while this Xen does not know the payload's code: a BUG, a WARN or a fault in it that .ex_table is there for stops it`
  return [finding('warning', text, loading.placeOf(section))]
}

/** A single hook that is there and not null. */
function isEnabled(loading: LoadContext, name: string): boolean {
  const section = loading.sectionNamed(name)
  if (section === undefined || !isLoaded(section)) return false
  return loading.content(section)?.some(byte => byte !== 0) ?? false
}

function pointerProblems(
  loading: LoadContext,
  { section: name, single }: Hook,
  section: RawSection,
): readonly Finding[] {
  const place = loading.placeOf(section)
  if (!isLoaded(section) && section.size > 0n) return [notLoaded(loading, name, single, place)]
  const content = loading.content(section)
  if (content === undefined) return []
  const view = new DataView(content.buffer, content.byteOffset, content.byteLength)
  const findings: Finding[] = []
  for (let at = 0; at + POINTER <= content.length; at += POINTER) {
    const target = view.getBigUint64(at, true)
    if (target === 0n && single) continue
    const where = `${name}, pointer ${at / POINTER}`
    const kind = loading.memory.kindAt(target)
    if (kind !== 'code') {
      const what = kind === undefined ? 'where nothing is mapped' : `${kind} memory`
      findings.push(finding('crash', `${where}: ${hex(target)} is ${what}; Xen calls it`, place, at))
    } else if (isBlank(loading, target)) {
      findings.push(finding('crash', `${where}: at ${hex(target)} are zeros, no code; Xen calls it`, place, at))
    } else if (loading.memory.readU32(target) !== loading.machine.landingPad && usesLandingPads(loading)) {
      const text = `${where} does not begin with ENDBR64; with CET-IBT switched on, calling it stops Xen`
      findings.push(finding('warning', text, place, at))
    }
  }
  return findings
}

/**
 * No function begins with two zero bytes, or a whole instruction of them: where code is missing, Xen has filled its place.
 */
export function isBlank(loading: LoadContext, address: bigint): boolean {
  const size = Math.max(2, loading.machine.instructionSize)
  return loading.memory.read(address, size)?.every(byte => byte === 0) ?? false
}

function notLoaded(loading: LoadContext, name: string, single: boolean, place: string): Finding {
  if (single && !loading.keepsBuffer) {
    return finding('warning', `${name} is not loaded (no SHF_ALLOC): Xen ignores the hook in silence`, place)
  }
  const what = loading.keepsBuffer ? 'the pointers lie in memory freed after the upload' : 'Xen follows a null pointer'
  return finding('crash', `${name} is not loaded (no SHF_ALLOC): ${what}`, place)
}

/** A hypervisor built with CONFIG_XEN_IBT keeps landing pads at functions called through pointers. */
function usesLandingPads({ hypervisor, machine: { landingPad } }: LoadContext): boolean {
  if (landingPad === undefined) return false
  const probe = hypervisor.lookup('do_xen_version')
  const first = probe === undefined ? undefined : hypervisor.bytesAt(probe, 4)
  return first !== undefined && new DataView(first.buffer, first.byteOffset, 4).getUint32(0, true) === landingPad
}
