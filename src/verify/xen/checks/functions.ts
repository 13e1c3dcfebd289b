/**
 * The functions that are replaced. Sources: livepatch.c "prepare_payload", "resolve_old_address",
 * "livepatch_verify_expectation_fn"; arch/x86/livepatch.c "arch_livepatch_verify_func"; xen/livepatch.h
 * "livepatch_verify_distance".
 */
import { FUNCS } from '../../../loaders/payload-sections.ts'
import { absent, type Finding, finding, hex, when } from '../../finding.ts'
import type { Rule } from '../../rule.ts'
import { FUNCTION_SIZE, type FunctionEntry } from '../functions.ts'
import type { LoadContext } from '../load-context.ts'

const PAYLOAD_VERSION = 2
/** Bytes of old code that Xen can keep (LIVEPATCH_OPAQUE_SIZE). */
const LONGEST_KEPT = 31

const source = 'livepatch.c prepare_payload'

type Problem = readonly [errno: Finding['errno'], text: string]

/** A rule about every entry; items are the loader's loop. */
export function eachFunction(
  loading: LoadContext,
  problem: (entry: FunctionEntry) => Problem | undefined,
): readonly Finding[] {
  if (loading.sectionNamed(FUNCS) === undefined) throw absent(`there is no ${FUNCS}`)
  return loading.functions.flatMap(entry => {
    const found = problem(entry)
    const place = `${FUNCS}, entry ${entry.index}${entry.name === '' ? '' : ` ${entry.name}`}`
    return found === undefined ? [] : [finding(found[0], `${place}: ${found[1]}`, place, entry.index)]
  })
}

/** Where an entry's old function is; entries that have none are another rule's business. */
export function oldAddressOf({ old }: FunctionEntry): bigint | undefined {
  return old.is === 'found' ? old.address : undefined
}

export const FUNCTION_RULES: readonly Rule[] = [
  {
    code: 'functions-size',
    step: 'functions',
    source,
    title: `${FUNCS} holds whole entries of ${FUNCTION_SIZE} bytes`,
    check: loading => {
      const section = loading.sectionNamed(FUNCS)
      if (section === undefined) throw absent(`there is no ${FUNCS}`)
      const text = `${FUNCS} has ${section.size} bytes, not a multiple of ${FUNCTION_SIZE}`
      return when(section.size % BigInt(FUNCTION_SIZE) !== 0n, () =>
        finding('EINVAL', text, loading.placeOf(section), -1),
      )
    },
  },
  {
    code: 'functions-loaded',
    step: 'functions',
    source,
    of: kind => !kind.keepsUpload,
    title: `${FUNCS} is loaded`,
    check: loading => {
      const section = loading.sectionNamed(FUNCS)
      if (section === undefined) throw absent(`there is no ${FUNCS}`)
      const text = `${FUNCS} is not loaded (no SHF_ALLOC); Xen follows a null pointer`
      return when(section.size > 0n && loading.addressOf(section) === 0n, () =>
        finding('crash', text, loading.placeOf(section)),
      )
    },
  },
  {
    code: 'function-version',
    step: 'functions',
    source,
    title: `every entry has version ${PAYLOAD_VERSION}`,
    check: loading =>
      eachFunction(loading, ({ version }) =>
        version === PAYLOAD_VERSION ? undefined : ['EOPNOTSUPP', `version ${version}, not ${PAYLOAD_VERSION}`],
      ),
  },
  {
    code: 'function-old-size',
    step: 'functions',
    source,
    title: 'every old function has a size',
    check: loading =>
      eachFunction(loading, ({ oldSize }) => (oldSize === 0 ? ['EINVAL', 'its old size is 0'] : undefined)),
  },
  {
    code: 'function-name',
    step: 'functions',
    source: 'livepatch.c resolve_old_address; symbols.c symbols_lookup_by_name',
    title: 'the name of every function to be looked up can be read',
    check: loading =>
      eachFunction(loading, ({ old }) =>
        old.is === 'unreadable-name'
          ? ['crash', `its name is at ${hex(old.pointer)}, where nothing is mapped; Xen reads it`]
          : undefined,
      ),
  },
  {
    code: 'function-known',
    step: 'functions',
    source: 'livepatch.c resolve_old_address',
    title: 'every function to be replaced is there',
    check: loading =>
      eachFunction(loading, ({ old, name }) =>
        old.is === 'unknown'
          ? ['ENOENT', `${name === '' ? 'an empty name' : name} is not known to this hypervisor`]
          : undefined,
      ),
  },
  {
    code: 'function-old-code',
    step: 'functions',
    source: 'arch/x86/livepatch.c arch_livepatch_verify_func',
    title: 'the old code of every function can be read',
    check: loading =>
      eachFunction(loading, entry => {
        const address = oldAddressOf(entry)
        if (address === undefined || (entry.newAddress === 0n && !loading.machine.measuresSwitchedOff)) return undefined
        if (loading.machine.neededAt(loading.memory, address) !== 'unreadable') return undefined
        const freed = loading.hypervisor.freedAfterBoot(address) ? ': it is init code, which is freed after boot' : ''
        return ['crash', `nothing is mapped at its old address ${hex(address)}${freed}; Xen reads it`]
      }),
  },
  {
    code: 'function-switched-off',
    step: 'functions',
    source: 'arch/*/livepatch.c arch_livepatch_verify_func',
    title: 'functions that are switched off are short enough',
    check: loading => eachFunction(loading, entry => switchedOffProblem(loading, entry)),
  },
  {
    code: 'function-room',
    step: 'functions',
    source: 'arch/*/livepatch.c arch_livepatch_verify_func',
    title: 'every old function has room for the jump',
    check: loading =>
      eachFunction(loading, entry => {
        const { oldSize, newAddress } = entry
        const address = oldAddressOf(entry)
        if (address === undefined || (newAddress === 0n && !loading.machine.measuresSwitchedOff)) return undefined
        const needed = loading.machine.neededAt(loading.memory, address)
        if (needed === 'unreadable' || oldSize >= needed.bytes) return undefined
        const why = needed.landingPad > 0 ? ` (${needed.landingPad} for the landing pad that stays)` : ''
        return ['EINVAL', `its old size is ${oldSize}, the jump needs ${needed.bytes}${why}`]
      }),
  },
  {
    code: 'function-distance',
    step: 'functions',
    source: 'xen/livepatch.h livepatch_verify_distance',
    title: 'every replacement is within reach of a jump',
    check: loading =>
      eachFunction(loading, entry => {
        const address = oldAddressOf(entry)
        const { distance } = loading.machine
        if (address === undefined || entry.newAddress === 0n) return undefined
        const offset = BigInt.asIntN(64, address - entry.newAddress)
        if (offset >= -distance && offset < distance) return undefined
        return ['EOVERFLOW', `from ${hex(address)} to ${hex(entry.newAddress)} is further than ${hex(distance)}`]
      }),
  },
]

function switchedOffProblem(
  loading: LoadContext,
  { newAddress, newSize, oldSize }: FunctionEntry,
): Problem | undefined {
  if (newAddress !== 0n) return undefined
  const { instructionSize, measuresSwitchedOff } = loading.machine
  if (newSize > LONGEST_KEPT || newSize % instructionSize !== 0) {
    const unit = instructionSize === 1 ? '' : ` in steps of ${instructionSize}`
    return [
      'EOPNOTSUPP',
      `it has no new code and switches off ${newSize} bytes; Xen takes up to ${LONGEST_KEPT}${unit}`,
    ]
  }
  if (measuresSwitchedOff || oldSize >= newSize) return undefined
  return ['EINVAL', `it switches off ${newSize} bytes of an old function of ${oldSize}`]
}

export const EXPECTATION_RULES: readonly Rule[] = [
  {
    code: 'expectation',
    step: 'expectations',
    source: 'livepatch.c livepatch_verify_expectation_fn',
    title: 'old code is what the payload expects',
    check: loading => {
      if (!loading.functions.some(entry => entry.expectation.enabled)) {
        throw absent('the payload expects no particular old code')
      }
      return eachFunction(loading, entry =>
        entry.expectation.enabled ? expectationProblem(loading, entry) : undefined,
      )
    },
  },
]

function expectationProblem(loading: LoadContext, entry: FunctionEntry): Problem | undefined {
  const { length, reserved, data } = entry.expectation
  const address = oldAddressOf(entry)
  if (address === undefined) return undefined
  if (reserved !== 0) return ['EINVAL', `the reserved bits of its expectation are ${reserved}, not 0`]
  if (entry.oldSize < length) return ['ERANGE', `it expects ${length} bytes of an old function of ${entry.oldSize}`]
  const expected = data.subarray(0, length)
  const end = address + BigInt(length)
  const covered = loading.on.find(({ overwritten }) =>
    overwritten.some(range => range.address < end && address < range.address + BigInt(range.size)),
  )
  if (covered !== undefined) return ['EINVAL', `it expects old code where ${covered.name} has put its jump`]
  const actual = loading.memory.read(address, length)
  if (actual === undefined) return ['crash', `nothing is mapped where it expects old code, ${hex(address)}`]
  const edits = loading.hypervisor.bootEdits(address, length)
  if (edits === undefined)
    return ['warning', 'it expects bytes, and what Xen edits while booting is not known of this machine']
  const [edit] = edits
  if (edit !== undefined) {
    const text = `it expects bytes that Xen may edit while booting (${edit.what} at ${hex(edit.address)}); whether they match depends on the CPU`
    return ['warning', text]
  }
  const at = expected.findIndex((byte, index) => byte !== actual[index])
  if (at === -1) return undefined
  const spell = (bytes: Uint8Array) => Buffer.from(bytes).toString('hex')
  return ['EINVAL', `it expects ${spell(expected)}, but at ${hex(address)} is ${spell(actual)}; byte ${at} differs`]
}
