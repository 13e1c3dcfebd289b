import type { RehearsalResult } from '../hosts/rehearsal/model.ts'
import { cacheFolder } from '../system/cache.ts'
import { named, type OneOrMore, type PayloadInput, readPayload, readText, several, type TextInput } from './inputs.ts'
import { given, untilAborted, type WorkOptions } from './settings.ts'

/** What `rehearse` takes. */
export interface RehearseOptions extends WorkOptions {
  /** One payload, or several in the order of the stack. */
  readonly payloads: OneOrMore<PayloadInput>
  /** The file to boot: xen/xen of a build, or xen.gz. */
  readonly hypervisor: string
  /**
   * The operations to carry out; docs/rehearsal.md has the grammar.
   *
   * @default the full cycle of every payload: upload, apply, revert, unload, one on top of the other
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
 * Tries payloads on the real hypervisor, in a throwaway machine (QEMU), and tells what came of each operation. A hypervisor
 * that refuses a payload, crashes or hangs is a result, not an exception.
 *
 * @param options payloads, the hypervisor to boot, and what to do with them
 * @returns every operation with its result and what the console said; `outcome` is `passed` where all went as expected
 * @throws {InputError} for a script that makes no sense, a missing QEMU, and a hypervisor that does not boot
 *
 * @example needs QEMU and a hypervisor
 * ```ts
 * import assert from 'node:assert/strict'
 * import { rehearse } from 'hotsplice'
 *
 * const { outcome, operations } = await rehearse({ payloads: 'version.livepatch', hypervisor: 'xen/xen' })
 * assert.equal(outcome, 'passed')
 * assert.deepEqual(operations[0]?.operation, 'upload')
 * ```
 */
export async function rehearse(options: RehearseOptions): Promise<RehearsalResult> {
  const { payloads, hypervisor, script, timeoutMs = 60_000 } = options
  return untilAborted(options, async () => {
    const flow = await import('../hosts/rehearsal/rehearse.ts')
    return flow.rehearse({
      ...given({ ...options, script: undefined }),
      hypervisor: named('hypervisor', hypervisor),
      payloads: await Promise.all(several(payloads).map((one, at) => readPayload(one, `payload-${at + 1}`))),
      ...(script === undefined
        ? {}
        : { script: Buffer.from(await readText(script, 'the script'), 'latin1').toString('utf8') }),
      timeoutMs,
      cacheFolder: options.cacheFolder ?? cacheFolder(),
    })
  })
}
