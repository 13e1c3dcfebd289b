import type { RehearsalResult } from '../hosts/rehearsal/model.ts'
import { cacheFolder } from '../system/cache.ts'
import { type OneOrMore, type PayloadInput, readPayload, readText, several, type TextInput } from './inputs.ts'
import { given, untilAborted, type WorkOptions } from './settings.ts'

/** What `rehearse` takes. */
export interface RehearseOptions extends WorkOptions {
  /** One payload, or several in the order of the stack. */
  readonly payloads: OneOrMore<PayloadInput>
  /**
   * The Xen to boot: xen/xen of a build, or xen.gz.
   *
   * @default none; `symbols` is asked for
   */
  readonly hypervisor?: string | undefined
  /**
   * The kernel to boot, for modules of Linux: `/boot/vmlinuz-…`.
   *
   * @default none; `hypervisor` is asked for
   */
  readonly symbols?: string | undefined
  /**
   * The operations to carry out; docs/rehearsal.md has the grammar.
   *
   * @default the full cycle of every payload: on Xen upload, apply, revert, unload, one on top of the other; on Linux load, disable, unload
   */
  readonly script?: TextInput | undefined
  /**
   * Milliseconds that all of it may take.
   *
   * @default 60000
   */
  readonly timeoutMs?: number | undefined
  /**
   * Processors of the machine.
   *
   * @default 1
   */
  readonly cpus?: number | undefined
  /**
   * QEMU's program.
   *
   * @default 'qemu-system-x86_64'
   */
  readonly emulator?: string | undefined
  /**
   * Called with every line of the console when it comes.
   *
   * @default nobody is told
   */
  readonly onLine?: ((line: string) => void) | undefined
}

/**
 * Tries payloads on the real hypervisor or kernel, in a throwaway machine (QEMU), and tells what came of each operation. One
 * that refuses a payload, crashes or hangs is a result, not an exception.
 *
 * @param options payloads, the hypervisor or kernel to boot, and what to do with them
 * @returns every operation with its result and what the console said; `outcome` is `passed` where all went as expected
 * @throws {InputError} for a script that makes no sense, a missing QEMU, another kernel than the payload's, and what does not boot
 *
 * @example needs QEMU and a hypervisor
 * ```ts
 * import assert from 'node:assert/strict'
 * import { rehearse } from 'hotsplice'
 *
 * const { outcome, operations } = await rehearse({ payloads: 'version.livepatch', hypervisor: 'xen/xen' })
 * assert.equal(outcome, 'passed')
 * assert.ok(operations.some(({ operation, result }) => operation === 'apply' && result === 0))
 * ```
 */
export async function rehearse(options: RehearseOptions): Promise<RehearsalResult> {
  const { hypervisor, symbols, script, timeoutMs = 60_000 } = options
  return untilAborted(options, async () => {
    const host = await import('../hosts/rehearsal/rehearse.ts')
    const { rehearsedOn } = await import('../flows/rehearsed-on.ts')
    const payloads = await Promise.all(
      several(options.payloads).map((one, at) => readPayload(one, `payload-${at + 1}`)),
    )
    return host.rehearse({
      ...given({ ...options, script: undefined }),
      ...rehearsedOn({ payloads, hypervisor, symbols }),
      payloads,
      ...(script === undefined
        ? {}
        : { script: Buffer.from(await readText(script, 'the script'), 'latin1').toString('utf8') }),
      timeoutMs,
      cacheFolder: options.cacheFolder ?? cacheFolder(),
    })
  })
}
