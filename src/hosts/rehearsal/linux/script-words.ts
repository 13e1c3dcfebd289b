/** What scripts for Linux know. */
import { readFileSync } from 'node:fs'
import { InputError } from '../../../base/errors.ts'
import { readElf } from '../../../elf/index.ts'
import { readModinfo } from '../../../loaders/linux/modinfo.ts'
import { machineOf } from '../../../machines/machines.ts'
import type { RehearsalPayload } from '../model.ts'
import {
  findPayload,
  nothingMore,
  only,
  type ParseOperation,
  parseMilliseconds,
  type ScriptWords,
  textOf,
  withoutEnding,
} from '../script.ts'
import { ArgumentMistake } from '../script-arguments.ts'
import type { Token } from '../tokens.ts'
import { LINUX_BOARD } from './board.ts'

export type LinuxOperation =
  | { readonly kind: 'load'; readonly payload: RehearsalPayload }
  | { readonly kind: 'enable'; readonly name: string; readonly on: boolean }
  | { readonly kind: 'wait'; readonly name: string; readonly timeoutMs: number }
  | { readonly kind: 'unload'; readonly name: string }
  | { readonly kind: 'list' }
  | { readonly kind: 'version' }
  | { readonly kind: 'read'; readonly file: string }
  | { readonly kind: 'write'; readonly file: string; readonly text: string }
  | { readonly kind: 'run'; readonly program: Uint8Array; readonly words: readonly string[] }
  | { readonly kind: 'taints'; readonly allowed: string }

export const LINUX_WORDS: ScriptWords<LinuxOperation> = {
  operations: new Map<string, ParseOperation<LinuxOperation>>([
    ['load', (args, payloads) => ({ kind: 'load', payload: findPayload(only(args, 'a payload'), payloads) })],
    ['wait', parseWait],
    ['enable', args => ({ kind: 'enable', name: only(args, "a module's name"), on: true })],
    ['disable', args => ({ kind: 'enable', name: only(args, "a module's name"), on: false })],
    ['unload', args => ({ kind: 'unload', name: only(args, "a module's name") })],
    ['list', args => nothingMore(args, { kind: 'list' })],
    ['version', args => nothingMore(args, { kind: 'version' })],
    ['read', args => ({ kind: 'read', file: only(args, 'a path') })],
    ['write', parseWrite],
    ['run', parseRun],
    ['expect-taints', args => ({ kind: 'taints', allowed: args.length === 0 ? '' : only(args, 'letters') })],
  ]),
  states: ['enabled', 'disabled', 'transition', 'loaded', 'absent'],
}

/** How long a transition may take before it is said who holds it. */
const TRANSITION_MS = 20_000

function parseWait(args: readonly Token[]): LinuxOperation {
  const [name, option, ...more] = args.map(textOf)
  const time = option === undefined ? undefined : /^timeout=(.*)$/.exec(option)?.[1]
  if (name === undefined || more.length > 0 || (option !== undefined && time === undefined)) {
    throw new ArgumentMistake("wait takes a module's name, and timeout=TIME")
  }
  return { kind: 'wait', name, timeoutMs: time === undefined ? TRANSITION_MS : parseMilliseconds(time) }
}

function parseWrite(args: readonly Token[]): LinuxOperation {
  const [file, text, ...more] = args.map(textOf)
  if (file === undefined || text === undefined || more.length > 0) {
    throw new ArgumentMistake('write takes a path and a text (quoted, if it has spaces)')
  }
  return { kind: 'write', file, text }
}

/** A program of the host, taken along. */
function parseRun(args: readonly Token[]): LinuxOperation {
  const [file, ...words] = args.map(textOf)
  if (file === undefined) throw new ArgumentMistake('run takes a program and its words')
  return { kind: 'run', program: readProgram(file), words: [file, ...words] }
}

const EXECUTABLE = 2
const POSITION_INDEPENDENT = 3

function readProgram(file: string): Uint8Array {
  let bytes: Uint8Array
  try {
    bytes = readFileSync(file)
  } catch (error) {
    throw new ArgumentMistake(`${file} cannot be read (${error instanceof Error ? error.message : String(error)})`)
  }
  const elf = elfOf(bytes)
  if (elf === undefined || ![EXECUTABLE, POSITION_INDEPENDENT].includes(elf.header.type)) {
    throw new ArgumentMistake(`${file} is no program (a script has no interpreter there)`)
  }
  const { name: machine } = machineOf(elf.header.machine)
  if (machine !== LINUX_BOARD.name) throw new ArgumentMistake(`${file} is for ${machine}, not for ${LINUX_BOARD.name}`)
  if (elf.sections.some(({ name }) => name === '.interp')) {
    throw new ArgumentMistake(`${file} needs shared libraries, which are not there: link it with -static`)
  }
  return bytes
}

function elfOf(bytes: Uint8Array) {
  try {
    return readElf<'payload'>(bytes)
  } catch (error) {
    if (error instanceof InputError) return undefined
    throw error
  }
}

/** What the kernel will call the module. */
export function moduleNameOf({ name, bytes }: RehearsalPayload): string {
  return readModinfo(bytes)?.get('name') ?? withoutEnding(name.slice(name.lastIndexOf('/') + 1)).replaceAll('-', '_')
}
