/** What a payload contains (`target/inspect.ts` reads it), as JSON (docs/schema/inspect.json) and as text. */
import { InputError } from '../base/errors.ts'
import { inspectPayload } from '../loaders/inspect.ts'
import { FUNCS, HOOK_PREFIX } from '../loaders/payload-sections.ts'
import { type Ink, PLAIN } from './ink.ts'
import { counted } from './text.ts'

export interface PayloadSummary {
  readonly schema: 1
  readonly command: 'inspect'
  /** Build-ids in hexadecimal; null where there is none. */
  readonly buildId: string | null
  readonly depends: string | null
  readonly xenDepends: string | null
  readonly functions: readonly ReplacedFunction[]
  readonly hooks: readonly { readonly hook: string; readonly function: string }[]
  /** Symbols of the running system that it refers to. */
  readonly needs: readonly string[]
  readonly modinfo: readonly string[]
  readonly sections: readonly { readonly name: string; readonly size: number }[]
}

export interface ReplacedFunction {
  /** As the running system calls it, `common/irq.c#foo`; `0x…` where the payload gives an address instead. */
  readonly name: string
  readonly oldSize: number
  readonly newSize: number
  readonly expectation: string | null
}

/** Throws `InputError` for what is no payload: no ELF object, or one that replaces nothing and has no hooks. */
export function payloadSummary(bytes: Uint8Array, file: string): PayloadSummary {
  const { buildId, depends, xenDepends, functions, hooks, sections, ...rest } = inspectPayload(bytes)
  if (functions.length === 0 && hooks.length === 0) {
    throw new InputError(
      'inspect/no-payload',
      `${file} is an ELF file, but no payload: it has no function in ${FUNCS} and no hooks`,
      `\`hotsplice dump ${file}\` prints any ELF file`,
    )
  }
  return {
    schema: 1,
    command: 'inspect',
    buildId,
    depends,
    xenDepends,
    functions: functions.map(({ name, oldSize, newSize, expectation }) => ({ name, oldSize, newSize, expectation })),
    hooks: hooks.flatMap(({ section, functions: called }) =>
      called.map(name => ({ hook: section.slice(HOOK_PREFIX.length), function: name })),
    ),
    needs: rest.undefinedSymbols,
    modinfo: rest.modinfo,
    sections: sections.filter(({ size }) => size > 0).map(({ name, size }) => ({ name, size })),
  }
}

export function describePayload(payload: PayloadSummary, file: string, ink: Ink = PLAIN): string {
  const { buildId, depends, xenDepends, functions, hooks, needs, modinfo, sections } = payload
  const width = functions.reduce((most, { name }) => Math.max(most, name.length), 0)
  const lines = [
    ink.strong(file),
    `  build-id     ${buildId ?? 'none'}`,
    `  depends      ${depends ?? 'none'}`,
    `  xen depends  ${xenDepends ?? 'none'}`,
    ...modinfo.map(line => `  modinfo      ${line}`),
    '',
    ink.strong(`replaces ${counted(functions.length, 'function')}`),
    ...functions.map(({ name, oldSize, newSize }) => `  ${name.padEnd(width)}  ${oldSize} → ${newSize} bytes`),
    '',
    ink.strong(counted(hooks.length, 'hook')),
    ...hooks.map(hook => `  ${hook.hook}: ${hook.function}`),
    '',
    ink.strong(`needs ${counted(needs.length, 'symbol')} of the running system`),
    ...needs.map(name => `  ${name}`),
    '',
    ink.strong(`loads ${counted(sections.length, 'section')}`),
    ...sections.map(({ name, size }) => `  ${String(size).padStart(7)}  ${name}`),
  ]
  return `${lines.join('\n')}\n`
}
