/** What the module says of itself and asks of the kernel. Source: Linux 6.1 kernel/module/main.c and version.c. */
import { type Finding, finding, when } from '../finding.ts'
import type { ModuleLoadContext, ModuleSymbol } from './load-context.ts'
import { SHN_LIVEPATCH } from './relocating.ts'
import type { ModuleRule } from './rule.ts'

const main = 'kernel/module/main.c'
/** include/linux/license.h, license_is_gpl_compatible(). */
const GPL = ['GPL', 'GPL v2', 'GPL and additional rights', 'Dual BSD/GPL', 'Dual MIT/GPL', 'Dual MPL/GPL']

const UNDEFINED = 0
const ABSOLUTE = 0xfff1
const COMMON = 0xfff2

/** Why the kernel does not take the checksum that the module has of what it exports by that name. */
function versionFault(name: string, exported: number, loading: ModuleLoadContext): string | undefined {
  const { versions } = loading
  if (versions === undefined) return loading.takesForced ? undefined : 'the module has no checksums (__versions)'
  const own = versions.get(name)
  if (own === undefined) return `the module has no checksum of ${name}`
  if (own === exported) return undefined
  const [asked, has] = [own, exported].map(value => value.toString(16).padStart(8, '0'))
  return `the module was built for a ${name} of checksum ${asked}, the kernel's has ${has}`
}

/** The last one that is wrong decides: the kernel goes on, and keeps what came last. */
function symbolFindings(loading: ModuleLoadContext, kind: 'known' | 'rest'): readonly Finding[] {
  return loading.symbols.slice(1).flatMap(symbol => {
    const isUndefined = symbol.raw.sectionIndex === UNDEFINED
    if (isUndefined !== (kind === 'known')) return []
    const wrong = isUndefined ? undefinedFault(symbol, loading) : placeFault(symbol, loading)
    if (wrong === undefined) return []
    const [errno, text] = wrong
    return [finding(errno, text, `symbol ${symbol.raw.index} ${symbol.name}`, -symbol.raw.index)]
  })
}

type Fault = readonly [errno: Finding['errno'], text: string]

function undefinedFault({ name, weak }: ModuleSymbol, loading: ModuleLoadContext): Fault | undefined {
  const found = loading.exported(name)
  const isHidden = found?.gplOnly === true && !GPL.includes(loading.word('license') ?? '')
  if (found === undefined || isHidden) {
    if (weak || name === '_GLOBAL_OFFSET_TABLE_') return undefined
    const why = isHidden ? 'is exported to modules under the GPL only' : 'is not exported by this kernel'
    return ['ENOENT', `${name === '' ? 'an undefined symbol without a name' : name} ${why}`]
  }
  const version = versionFault(name, found.checksum, loading)
  if (version !== undefined) return ['EINVAL', version]
  if (found.namespace === '' || importsOf(loading).includes(found.namespace)) return undefined
  return ['EINVAL', `${name} is of the namespace ${found.namespace}, which the module does not import`]
}

function importsOf(loading: ModuleLoadContext): readonly string[] {
  const section = loading.find('.modinfo')
  if (section === undefined) return []
  const words = Buffer.from(loading.bytesOf(section)).toString('latin1').split('\0')
  return words.flatMap(word => (word.startsWith('import_ns=') ? [word.slice('import_ns='.length)] : []))
}

function placeFault({ raw, name }: ModuleSymbol, { header }: ModuleLoadContext): Fault | undefined {
  const { sectionIndex } = raw
  if (sectionIndex === ABSOLUTE || sectionIndex === SHN_LIVEPATCH) return undefined
  if (sectionIndex === COMMON) {
    return name.startsWith('__gnu_lto') ? undefined : ['ENOEXEC', `symbol ${name} is common: it has no section`]
  }
  if (sectionIndex < header.sectionCount) return undefined
  return ['ENOEXEC', `symbol ${name} names section ${sectionIndex} of ${header.sectionCount}`]
}

export const MODULE_RULES: readonly ModuleRule[] = [
  {
    code: 'layout-version',
    step: 'layout-version',
    source: 'kernel/module/version.c check_modstruct_version',
    title: 'the module was built for the kernel’s struct module',
    check: loading => {
      const found = loading.exported('module_layout')
      const fault = found && versionFault('module_layout', found.checksum, loading)
      const isForced = loading.versions === undefined && loading.takesForced
      return [
        ...(fault === undefined ? [] : [finding('ENOEXEC', fault, '__versions')]),
        ...when(isForced, () =>
          finding(
            'warning',
            'the module has no checksums: the kernel does not ask what it was built for',
            '__versions',
          ),
        ),
      ]
    },
  },
  {
    code: 'vermagic',
    step: 'modinfo',
    source: `${main} check_modinfo`,
    title: 'the module’s words of version and options are the kernel’s',
    check: loading => {
      const own = loading.word('vermagic')
      const { vermagic } = loading.kernel.facts
      if (own === undefined) {
        const text = 'the module does not say its version (vermagic)'
        return [finding(loading.takesForced ? 'warning' : 'ENOEXEC', text, '.modinfo')]
      }
      // With checksums the release, up to the first blank, does not count.
      const counted = (words: string) => (loading.versions === undefined ? words : words.replace(/^[^ ]*/, ''))
      const isRelease = own !== vermagic && counted(own) === counted(vermagic)
      return [
        ...when(counted(own) !== counted(vermagic), () =>
          finding('ENOEXEC', `the module is for "${own}", the kernel is "${vermagic}"`, '.modinfo'),
        ),
        ...when(isRelease, () =>
          finding('warning', `the module is for "${own}": the kernel does not ask for its release`, '.modinfo'),
        ),
      ]
    },
  },
  {
    code: 'licence',
    step: 'modinfo',
    source: `${main} set_license`,
    title: 'the module is under the GPL, which alone may use what the live patching core exports',
    check: loading => {
      const own = loading.word('license')
      return when(!GPL.includes(own ?? ''), () =>
        finding(
          'warning',
          `the module’s licence is ${own ?? 'not said'}: what is exported under the GPL is hidden from it`,
          '.modinfo',
        ),
      )
    },
  },
  {
    code: 'own-exports',
    step: 'licence',
    source: `${main} check_module_license_and_versions`,
    title: 'what the module exports has checksums',
    check: loading =>
      [
        ['__ksymtab', '__kcrctab'],
        ['__ksymtab_gpl', '__kcrctab_gpl'],
      ].flatMap(([table = '', sums = '']) => {
        const has = (name: string) => (loading.find(name)?.size ?? 0n) > 0n
        return when(has(table) && !has(sums), () => finding('ENOEXEC', `${table} has no ${sums}`, table))
      }),
  },
  {
    code: 'symbol-undefined',
    step: 'symbols',
    source: `${main} resolve_symbol`,
    title: 'the kernel exports what the module asks for, with the checksums that the module has',
    check: loading => symbolFindings(loading, 'known'),
  },
  {
    code: 'symbol-section',
    step: 'symbols',
    source: `${main} simplify_symbols`,
    title: 'every symbol of the module’s own is in one of its sections',
    check: loading => symbolFindings(loading, 'rest'),
  },
]
