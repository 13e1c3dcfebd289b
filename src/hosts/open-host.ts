/** From the text of `--host` to a host. To add a kind: a row here. */
import { InputError } from '../base/errors.ts'
import type { Host } from './host.ts'

export interface HostOptions {
  /** For `rehearsal`: what to boot. */
  readonly hypervisor?: string | undefined
  /** For a process: the unstripped program. */
  readonly symbols?: string | undefined
  /** For a process: its seccomp filters let the agent do its work. */
  readonly despiteSeccomp?: boolean | undefined
  readonly cacheFolder: string
  readonly signal?: AbortSignal | undefined
}

export const HOST_FORMS =
  'process:PID, process:PID@START, xen, xen:ssh://[USER@]SERVER[:PORT], linux, linux:ssh://[USER@]SERVER[:PORT], rehearsal'

export async function openHost(text: string, options: HostOptions): Promise<Host> {
  const { signal, symbols, despiteSeccomp } = options
  if (text.startsWith('process:')) {
    const { openProcess, parseProcess } = await import('./process/process-host.ts')
    return openProcess({ ...parseProcess(text.slice('process:'.length)), symbols, signal, despiteSeccomp })
  }
  if (text === 'xen' || text.startsWith('xen:ssh://')) {
    const { openXen } = await import('./xen/xen-host.ts')
    const { localRunner, remoteRunner } = await import('./runner.ts')
    return openXen(text === 'xen' ? localRunner(signal) : remoteRunner(text.slice('xen:'.length), { signal }))
  }
  if (text === 'linux' || text.startsWith('linux:ssh://')) {
    const { openLinux } = await import('./linux/linux-host.ts')
    const { localRunner, remoteRunner } = await import('./runner.ts')
    const url = text.slice('linux:'.length)
    return openLinux(text === 'linux' ? localRunner(signal, 'linux') : remoteRunner(url, { signal, kind: 'linux' }))
  }
  if (text === 'rehearsal') {
    const { hypervisor, cacheFolder } = options
    if (hypervisor === undefined) {
      throw new InputError('apply/no-hypervisor', 'a rehearsal needs to know what to boot', 'give --hypervisor xen/xen')
    }
    const { openRehearsal } = await import('./rehearsal/xen/rehearsal-host.ts')
    return openRehearsal({ hypervisor, cacheFolder, signal })
  }
  throw new InputError('apply/unknown-host', `${JSON.stringify(text)} is no host`, `known are: ${HOST_FORMS}`)
}
