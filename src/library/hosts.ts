import type { Host } from '../hosts/host.ts'
import { cacheFolder } from '../system/cache.ts'
import { named } from './inputs.ts'
import type { WorkOptions } from './settings.ts'

/** What `openHost` takes. */
export interface HostOptions extends WorkOptions {
  /**
   * For `rehearsal`: the file to boot.
   *
   * @default none
   */
  readonly hypervisor?: string | undefined
  /**
   * For a process: its unstripped program.
   *
   * @default the program that runs
   */
  readonly symbols?: string | undefined
  /**
   * For a process under seccomp: your word that its filters let the agent do its work (docs/hosts.md).
   *
   * @default false
   */
  readonly despiteSeccomp?: boolean | undefined
}

/**
 * Opens a host: something that runs and takes payloads. All kinds have the same operations; docs/hosts.md says what each can
 * do. Close it when done.
 *
 * @param host `process:PID`, `process:PID@START`, `xen`, `xen:ssh://[USER@]SERVER[:PORT]`, `linux`, `linux:ssh://…` or `rehearsal`
 * @param options what the kind of host needs
 * @returns the host
 * @throws {InputError} where there is no such host, or it cannot be reached
 *
 * @example needs QEMU and a hypervisor
 * ```ts
 * import assert from 'node:assert/strict'
 * import { readFile } from 'node:fs/promises'
 * import { openHost } from 'hotsplice'
 *
 * const host = await openHost('rehearsal', { hypervisor: 'xen/xen' })
 * try {
 *   const uploaded = await host.upload({ name: 'fix', payload: await readFile('version.livepatch') })
 *   assert.equal(uploaded.result, 0)
 *   const { payloads } = await host.list()
 *   assert.equal(payloads[0]?.state, 'CHECKED')
 * } finally {
 *   await host.close()
 * }
 * ```
 */
export async function openHost(host: string, options: HostOptions = {}): Promise<Host> {
  const { openHost: open } = await import('../hosts/open-host.ts')
  return open(named('host', host), { ...options, cacheFolder: options.cacheFolder ?? cacheFolder() })
}
