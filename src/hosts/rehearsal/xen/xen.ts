/** Xen, as it is rehearsed: an upload, an apply and so on are hypercalls of its dom0. */
import { unreachable } from '../../../base/errors.ts'
import { describeResult, ENOENT } from '../../abi/errno.ts'
import { hexDump } from '../hex-dump.ts'
import { type Outcome, plain, type RehearsedSystem } from '../system.ts'
import { defaultScript } from './default-script.ts'
import { XEN_WORDS, type XenOperation } from './script-words.ts'
import { type RehearsalSession, startRehearsal, type XenVersion } from './session.ts'

export const XEN: RehearsedSystem<RehearsalSession, XenOperation> = {
  ...XEN_WORDS,
  name: 'Xen',
  defaultScript,
  start: startRehearsal,
  facts: async session => {
    const { number, buildId, texts } = await session.version()
    const extra = texts.find(text => text.name === 'extra-version')?.value ?? ''
    return { version: number + extra, buildId }
  },
  carryOut,
  stateOf: async (session, name) => {
    const { result, status } = await session.get(name)
    return result === ENOENT ? 'ABSENT' : (status?.state ?? describeResult(result))
  },
}

async function carryOut(session: RehearsalSession, operation: XenOperation): Promise<Outcome> {
  switch (operation.kind) {
    case 'upload':
      return plain(await session.upload(operation.name, operation.payload.bytes))
    case 'act':
      return plain(await session.act(operation))
    case 'list': {
      const { result, payloads } = await session.list()
      return { result, output: payloads.map(row => `${row.name} ${row.state} rc=${row.rc} ${row.metadata}`.trimEnd()) }
    }
    case 'get': {
      const { result, status } = await session.get(operation.name)
      return { result, output: status === undefined ? [] : [`${status.state} rc=${status.rc}`] }
    }
    case 'version':
      return { result: 0, output: versionLines(await session.version()) }
    case 'hypercall': {
      const { args, shown } = operation.arguments
      const answer = await session.hypercall(operation.number, args)
      const dumps = shown.flatMap((target, index) => hexDump(`buffer ${index + 1}`, answer.contents(target)))
      return {
        result: Number(answer.result),
        output: answer.result < 0n ? dumps : [`result ${hex64(answer.result)}`, ...dumps],
      }
    }
    case 'debug-keys':
      return plain(await session.debugKeys(operation.keys))
    default:
      return unreachable(operation)
  }
}

const hex64 = (value: bigint) => `0x${BigInt.asUintN(64, value).toString(16)}`

function versionLines({ number, buildId, texts }: XenVersion): string[] {
  const told = texts.filter(({ value }) => value !== '')
  return [`version ${number}`, ...told.map(({ name, value }) => `${name} ${value}`.trimEnd()), `build-id ${buildId}`]
}
