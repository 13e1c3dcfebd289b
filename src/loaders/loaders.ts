/** Every loader, by the name that users give. To add one: a row. */
import { InputError } from '../base/errors.ts'
import type { Machine } from '../machines/machine.ts'
import { MACHINES, machineOf } from '../machines/machines.ts'
import { LINUX } from './linux/linux.ts'
import { type Loader, payloadKnowledge, type Target } from './loader.ts'
import { PROCESS } from './process/process.ts'
import { XEN } from './xen/xen.ts'

export type TargetName = 'xen' | 'process' | 'linux'

const LOADERS: Readonly<Record<TargetName, Loader>> = { xen: XEN, process: PROCESS, linux: LINUX }

export function loaderOf(name: TargetName): Loader {
  return LOADERS[name]
}

/** The loader on a machine (EM_*) that payloads can be made for. */
export function targetOf(loader: Loader, machine: number): Target {
  const target: Target = { loader, machine: machineOf(machine), writesTable: false }
  if (payloadKnowledge(target) !== undefined) return target
  const known = MACHINES.filter(each => payloadKnowledge({ ...target, machine: each }) !== undefined)
  throw new InputError(
    'target/machine',
    `the objects are for ${machineWords(target.machine)}, and no payload for ${loader.title} can be made for that`,
    known.length === 0
      ? 'payloads for it cannot be made at all yet'
      : `build the tree for ${known.map(machineWords).join(' or ')}`,
  )
}

const machineWords = ({ name, number }: Machine) => (name.endsWith(` ${number}`) ? name : `${name} (machine ${number})`)
