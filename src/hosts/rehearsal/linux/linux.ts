/** A Linux kernel, as it is rehearsed: what insmod, rmmod and the files in /sys/kernel/livepatch do. */
import { unreachable } from '../../../base/errors.ts'
import { gnuBuildId } from '../../../loaders/build-id-note.ts'
import { type Outcome, plain, type RehearsedSystem } from '../system.ts'
import { defaultScript } from './default-script.ts'
import { LINUX_WORDS, type LinuxOperation } from './script-words.ts'
import { type KernelSession, startKernel, textOf } from './session.ts'

export const LINUX: RehearsedSystem<KernelSession, LinuxOperation> = {
  ...LINUX_WORDS,
  name: 'Linux',
  defaultScript,
  start: startKernel,
  facts: async session => ({
    version: await lineOf(session, '/proc/sys/kernel/osrelease'),
    buildId: await idOf(session),
  }),
  carryOut,
  stateOf: (session, name) => session.stateOf(name),
}

async function carryOut(session: KernelSession, operation: LinuxOperation): Promise<Outcome> {
  switch (operation.kind) {
    case 'load':
      return plain(await session.load(operation.payload.bytes))
    case 'enable':
      return plain(await session.enable(operation.name, operation.on))
    case 'wait': {
      const { result, holding } = await session.transition(operation.name, operation.timeoutMs)
      return { result, output: holding }
    }
    case 'unload':
      return plain(await session.unload(operation.name))
    case 'list':
      return list(session)
    case 'version':
      return { result: 0, output: [await lineOf(session, '/proc/version'), `build-id ${await idOf(session)}`] }
    case 'read': {
      const { result, bytes } = await session.read(operation.file)
      return { result, output: linesOf(bytes) }
    }
    case 'write':
      return plain(await session.write(operation.file, Buffer.from(operation.text)))
    case 'run': {
      const { result, output } = await session.run(operation.program, operation.words)
      return { result, output: linesOf(output), holds: result === 0 }
    }
    case 'taints':
      return taints(session, operation.allowed)
    default:
      return unreachable(operation)
  }
}

async function list(session: KernelSession): Promise<Outcome> {
  const { result, names } = await session.list()
  if (result < 0) return plain(result)
  const output: string[] = []
  for (const name of names) output.push(`${name} ${await session.stateOf(name)}`)
  return { result: names.length, output }
}

/** Bits of /proc/sys/kernel/tainted, the first one first (Documentation/admin-guide/tainted-kernels.rst). */
const TAINTS = 'PFSRMBUDAWCIOELKXT'

async function taints(session: KernelSession, allowed: string): Promise<Outcome> {
  const mask = Number(await lineOf(session, '/proc/sys/kernel/tainted'))
  const has = [...TAINTS].filter((_, bit) => Math.floor(mask / 2 ** bit) % 2 === 1)
  const holds = has.every(letter => allowed.includes(letter)) && mask < 2 ** TAINTS.length
  return {
    result: null,
    output: [`the kernel is ${has.length === 0 ? 'not tainted' : `tainted: ${has.join('')}`}`],
    holds,
  }
}

async function idOf(session: KernelSession): Promise<string> {
  const { bytes } = await session.read('/sys/kernel/notes')
  return Buffer.from(gnuBuildId(bytes) ?? []).toString('hex')
}

async function lineOf(session: KernelSession, file: string): Promise<string> {
  return textOf((await session.read(file)).bytes)
}

function linesOf(bytes: Uint8Array): readonly string[] {
  const text = Buffer.from(bytes).toString('latin1').replaceAll('\r', '')
  const lines = text.split('\n')
  return lines.at(-1) === '' ? lines.slice(0, -1) : lines
}
