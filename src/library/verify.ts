import { InputError } from '../base/errors.ts'
import type { VerifyReport, XenVersion } from '../verify/model.ts'
import {
  choice,
  type FileInput,
  type PayloadInput,
  readBytes,
  readPayload,
  readText,
  type TextInput,
} from './inputs.ts'
import { type CompileOptions, given, settingsOf, untilAborted } from './settings.ts'

/** What `verify` takes. */
export interface VerifyOptions extends CompileOptions {
  /** The payload, whoever built it. */
  readonly payload: PayloadInput
  /**
   * Who will load it. For Linux only `payload`, `symbols` and `key` may be given.
   *
   * @default 'xen'
   */
  readonly target?: 'xen' | 'linux' | undefined
  /**
   * xen-syms of what is running, or xen.efi, which tells its build-id only; for Linux the path of the image that boots,
   * `/boot/vmlinuz-…`.
   */
  readonly symbols: FileInput
  /**
   * Payloads that are applied already, the lowest first.
   *
   * @default none
   */
  readonly on?: readonly PayloadInput[] | undefined
  /**
   * Whose rules to ask; needed where neither the symbols nor the tree say a version that is known.
   *
   * @default those of the version that the symbols, or the tree, say they are
   */
  readonly xenVersion?: XenVersion | undefined
  /**
   * Whether no processor of the host has CET-IBT, or it is off (Xen: cet=no-ibt, Linux: ibt=off): on one that has it, some
   * Xen 4.17 and 4.18 die of alternatives, and Linux of calls by addresses that it did not expect.
   *
   * @default false: it may
   */
  readonly withoutIbt?: boolean | undefined
  /**
   * A certificate or public key, in PEM: the payload must be signed with it.
   *
   * @default none: signatures are not asked for
   */
  readonly key?: TextInput | undefined
  /**
   * The built tree of what is running: is the code to be replaced the code that runs?
   *
   * @default none: that is not asked
   */
  readonly tree?: string | undefined
  /**
   * Where the tree's objects are (O=), when not in the tree.
   *
   * @default the tree
   */
  readonly buildDir?: string | undefined
  /**
   * `FILE` or `FILE@ADDRESS`: a copy of the running system's code, to compare with. Needs `tree`.
   *
   * @default none
   */
  readonly memory?: string | undefined
}

/**
 * Checks a payload by every rule of the loader that will get it. A payload that would be refused, or would stop the
 * hypervisor, is a result, not an exception.
 *
 * @param options the payload, and the symbols of what is running
 * @returns every check; `accepted` where none of them failed
 * @throws {InputError} for symbols that are none, or of a version that is not known, and files that cannot be read
 *
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import { verify } from 'hotsplice'
 *
 * const { accepted, decidedBy, checks } = await verify({ payload: 'fix.livepatch', symbols: 'xen-syms' })
 * for (const { code, status, text } of checks) if (status === 'failed') console.log(code, text)
 * assert.equal(accepted, false)
 * assert.equal(decidedBy, 'functions-writable')
 * ```
 *
 * @example needs QEMU and a hypervisor
 * ```ts
 * import assert from 'node:assert/strict'
 * import { verify } from 'hotsplice'
 *
 * const { accepted, complete } = await verify({ payload: 'version.livepatch', symbols: 'xen/xen-syms' })
 * assert.ok(accepted && complete)
 * ```
 */
export async function verify(options: VerifyOptions): Promise<VerifyReport> {
  const target = choice('target', options.target, ['xen', 'linux'])
  return VERIFIERS[target](options)
}

const VERIFIERS = { xen: verifyForXen, linux: verifyForLinux }

function verifyForXen(options: VerifyOptions): Promise<VerifyReport> {
  const { tree, memory } = options
  if (tree === undefined && memory !== undefined) {
    throw new InputError('library/bad-option', 'memory is held against the objects of a tree, and no tree is given')
  }
  return untilAborted(options, async () => {
    const flow = await import('../flows/verify/verify.ts')
    const { xenVersion, key, on = [], withoutIbt } = options
    return flow.verifyFile({
      payload: await readPayload(options.payload),
      symbols: await readBytes(options.symbols, 'the symbols'),
      on: await Promise.all(on.map((one, at) => readPayload(one, `payload ${at + 1}`))),
      ...(xenVersion === undefined ? {} : { xenVersion: choice('xenVersion', xenVersion, flow.XEN_VERSIONS) }),
      ...given({ withoutIbt }),
      ...(key === undefined ? {} : { keys: [await readText(key, 'the key')] }),
      ...(tree === undefined ? {} : { tree: await questionOf(tree, options) }),
    })
  })
}

/** The kernel is unpacked from its file. */
function verifyForLinux(options: VerifyOptions): Promise<VerifyReport> {
  const { symbols: kernel, key, withoutIbt } = options
  if (typeof kernel !== 'string') {
    throw new InputError('library/bad-option', 'symbols is bytes, and must be the path of the kernel for Linux')
  }
  return untilAborted(options, async () => {
    const flow = await import('../flows/verify/module.ts')
    flow.refuseQuestionsOfXen(options, option => option)
    const { bytes: payload } = await readPayload(options.payload)
    return flow.verifyKernelModule({
      payload,
      kernel,
      withoutIbt,
      ...(key === undefined ? {} : { keys: [await readText(key, 'the key')] }),
    })
  })
}

async function questionOf(tree: string, options: VerifyOptions) {
  const { readFileSync } = await import('node:fs')
  const { buildDir, memory } = options
  return {
    options: { ...given({ buildDir }), ...settingsOf(options), tree, target: 'xen' as const },
    peek: ({ object }: { readonly object: string | undefined }) =>
      object === undefined ? undefined : readFileSync(object),
    ...(memory === undefined ? {} : { memory }),
  }
}
