/** What a live patch for Linux contains, as JSON (docs/schema/inspect.json) and as text. */
import { InputError } from '../base/errors.ts'
import {
  inspectModule,
  type LookedUp,
  type ModuleCallback,
  type ModuleFunction,
  type ModuleState,
} from '../loaders/linux/inspect-module.ts'
import { type Ink, PLAIN } from './ink.ts'
import { describePayload, type PayloadSummary } from './inspect.ts'
import { counted } from './text.ts'

export interface ModuleSummary {
  readonly schema: 1
  readonly command: 'inspect'
  readonly target: 'linux'
  readonly name: string | null
  /** Build-ids in hexadecimal; null where there is none. */
  readonly buildId: string | null
  /** Of the kernel that it was made for. */
  readonly madeFor: string | null
  readonly signed: boolean
  /** Whether it takes the place of all live patches that are enabled; null where that is not told. */
  readonly replaces: boolean | null
  /** Null where the module's own code makes the table of them. */
  readonly functions: readonly ModuleFunction[] | null
  /** What the kernel calls besides, by the object whose code comes and goes; null where no table tells. */
  readonly callbacks: readonly ModuleCallback[] | null
  /** What of the system it says to have changed (klp_state); null where that is not told. */
  readonly states: readonly ModuleState[] | null
  readonly exported: readonly { readonly name: string; readonly checksum: string | null }[]
  readonly lookedUp: readonly LookedUp[]
  readonly modinfo: readonly string[]
  readonly sections: readonly { readonly name: string; readonly size: number }[]
}

/** Undefined for what is no module of Linux. Throws `InputError` for a module that is no live patch. */
export function moduleSummary(bytes: Uint8Array, file: string): ModuleSummary | undefined {
  const found = inspectModule(bytes)
  if (found === undefined) return undefined
  const { isLivePatch, isSigned, sections, ...rest } = found
  if (!isLivePatch) {
    throw new InputError(
      'inspect/no-payload',
      `${file} is a module of Linux, but no live patch: it does not say livepatch= of itself`,
      `\`hotsplice dump ${file}\` prints any ELF file`,
    )
  }
  return {
    schema: 1,
    command: 'inspect',
    target: 'linux',
    ...rest,
    signed: isSigned,
    sections: sections.filter(({ size }) => size > 0).map(({ name, size }) => ({ name, size })),
  }
}

export function describeInspected(summary: PayloadSummary | ModuleSummary, file: string, ink: Ink = PLAIN): string {
  return 'target' in summary ? describeModule(summary, file, ink) : describePayload(summary, file, ink)
}

function describeModule(module: ModuleSummary, file: string, ink: Ink): string {
  const { functions, exported, lookedUp, sections } = module
  const replaces = { true: 'all that are enabled', false: 'none', null: 'not told' }[`${module.replaces}`]
  const lines = [
    ink.strong(file),
    `  module       ${module.name ?? 'without a name'}`,
    `  build-id     ${module.buildId ?? 'none'}`,
    `  made for     ${module.madeFor === null ? 'it does not say which kernel' : `the kernel with build-id ${module.madeFor}`}`,
    `  takes the place of other live patches: ${replaces}`,
    `  signed       ${module.signed ? 'yes' : 'no'}`,
    ...module.modinfo.map(line => `  modinfo      ${line}`),
    '',
    ...functionLines(functions, ink),
    ...besides(module, ink),
    '',
    ink.strong(`uses ${counted(exported.length, 'symbol')} that the kernel exports`),
    ...exported.map(({ name, checksum }) => `  ${checksum ?? 'no sum    '}  ${name}`),
    '',
    ink.strong(`has the live patching core look up ${counted(lookedUp.length, 'symbol')}`),
    ...lookedUp.map(each => `  ${spelled(each)}`),
    '',
    ink.strong(`loads ${counted(sections.length, 'section')}`),
    ...sections.map(({ name, size }) => `  ${String(size).padStart(7)}  ${name}`),
  ]
  return `${lines.join('\n')}\n`
}

function functionLines(functions: ModuleSummary['functions'], ink: Ink): readonly string[] {
  if (functions === null) return [ink.strong('which functions it replaces, only its own code knows')]
  return [
    ink.strong(`replaces ${counted(functions.length, 'function')}`),
    ...functions.map(each => `  ${spelled(each)}${each.newSize === null ? '' : `  → ${each.newSize} bytes`}`),
  ]
}

/** Nothing where a live patch has neither, or nothing tells. */
function besides({ callbacks, states }: ModuleSummary, ink: Ink): readonly string[] {
  const called = callbacks ?? []
  const changed = states ?? []
  return [
    ...(called.length === 0
      ? []
      : ['', ink.strong(`has the kernel call ${counted(called.length, 'function')} besides`)]),
    ...called.map(({ object, callback, function: name }) => `  ${callback} of ${object}  → ${name}`),
    ...(changed.length === 0 ? [] : ['', ink.strong(`says to have changed ${counted(changed.length, 'state')}`)]),
    ...changed.map(({ id, version }) => `  ${id} in version ${version}`),
  ]
}

const OWN = 'vmlinux'

/** `seq_show (number 3 of that name) in xfs`; the kernel proper goes without saying. */
function spelled({ object, name, position }: LookedUp): string {
  const which = position === 0 ? '' : ` (number ${position} of that name)`
  return `${name}${which}${object === OWN || object === '' ? '' : ` in ${object}`}`
}
