/** Functions of a kernel that have an ftrace site, and are another unit's, or are to have none. */
import { expect, test } from 'vitest'
import { compile, hasGcc, withoutGcc } from '../../../tests/support/gcc.ts'
import { judge, RULES } from '../../../tests/support/judge.ts'
import { LINUX } from '../../loaders/linux/linux.ts'
import { targetOf } from '../../loaders/loaders.ts'
import type { HypervisorSymbol } from '../../loaders/xen/hypervisor.ts'
import { X86_64 } from '../../machines/x86-64/x86-64.ts'
import { select } from '../../select/select.ts'
import { probeNotices, takeoverRefusals } from './kernel-takeover.ts'

const TRACED = ['-pg', '-mfentry', '-mrecord-mcount', '-fno-pie']
const FLAGS = ['-O2', '-ffunction-sections', '-fdata-sections', '-fcf-protection=none', '-mcmodel=kernel', ...TRACED]

/** What the kernel has by these names, in this order. */
function kernelOf(names: readonly string[]) {
  const symbols = names.map((name, index): HypervisorSymbol => {
    const plainName = name.slice(name.indexOf('#') + 1)
    const local = name !== plainName
    return { name, plainName, file: '', address: BigInt(index) * 16n + 64n, size: 16, kind: 'function', local }
  })
  const symbolsNamed = (name: string) => symbols.filter(each => each.name === name)
  return {
    symbolsNamed,
    lookup: (name: string) => symbolsNamed(name)[0]?.address,
    symbolsAt: (address: bigint) => symbols.filter(each => each.address === address),
    symbolBefore: (address: bigint) => symbols.findLast(each => each.address <= address),
    nextSymbolAddress: (address: bigint) => symbols.find(each => each.address > address)?.address,
  }
}

function taken(before: string, after: string, names: readonly string[]) {
  const verdicts = judge(compile(before, FLAGS), compile(after, FLAGS), LINUX)
  const units = [{ unit: 'unit.o', fileSymbol: 'unit.c', verdicts }]
  const selection = select(units, { ...RULES, target: targetOf(LINUX, X86_64.number) })
  return {
    refused: takeoverRefusals(units, selection, kernelOf(names)).map(({ code, symbol }) => `${code} ${symbol}`),
    said: probeNotices(units, selection).map(({ code }) => code),
  }
}

const AROUND = `extern int out(int); __attribute__((noinline)) static int first(int i) { return out(i) * 3; }
__attribute__((weak)) int arch_other(int i) { return 0; }
int last(int i) { return first(i) + out(9); }
`
const weak = (text: string) => `${AROUND}__attribute__((weak)) int arch_name(int i) { return ${text}; }`

test.skipIf(!hasGcc).for([
  ['among others of its unit', ['unit.c#first', 'arch_name', 'last'], []],
  ['beside one that is weak too', ['unit.c#first', 'arch_other', '__pfx_arch_name', 'arch_name', 'last'], []],
  ['at the end of its unit', ['unit.c#first', 'arch_name', 'others'], ['other-definition arch_name']],
  ['elsewhere', ['other_first', 'arch_name', 'other_last'], ['other-definition arch_name']],
  [
    'elsewhere with others that are weak',
    ['others', 'arch_other', 'arch_name', 'last'],
    ['other-definition arch_name'],
  ],
  ['beside one of the same name', ['other.c#first', 'arch_name', 'last'], ['other-definition arch_name']],
  ['alone', ['arch_name'], ['other-definition arch_name']],
  ['nowhere', ['unit.c#first', 'last'], []],
] as const)(`a weak function that the kernel has %s${withoutGcc}`, ([, names, refused]) => {
  expect(taken(weak('0'), weak('out(i)'), names).refused).toEqual(refused)
})

const NAMES = ['unit.c#first', 'shown', 'last']
const shown = (attributes: string, factor: number) =>
  `${AROUND}${attributes} int shown(int i) { return out(i) * ${factor}; }`
const NOTRACE = '__attribute__((no_instrument_function))'

test.skipIf(!hasGcc).for([
  ['as before', '', '', []],
  ['no longer', '', NOTRACE, ['no-ftrace-site shown']],
  // Whether the kernel has a place in it is asked where it is selected.
  ['no more than before', NOTRACE, NOTRACE, []],
  ['again', NOTRACE, '', []],
] as const)(`a function that may be traced %s${withoutGcc}`, ([, before, after, refused]) => {
  expect(taken(shown(before, 3), shown(after, 5), NAMES).refused).toEqual(refused)
})

const UNPROBED = `
static unsigned long __attribute__((used, section("_kprobe_blacklist"))) _kbl_addr_shown = (unsigned long)shown;`

test.skipIf(!hasGcc)(`a function in which no kprobe may stand is said${withoutGcc}`, () => {
  expect(taken(shown('', 3), shown('', 5), NAMES).said).toEqual([])
  expect(taken(shown('', 3) + UNPROBED, shown('', 5) + UNPROBED, NAMES).said).toEqual(['probes-allowed'])
})
