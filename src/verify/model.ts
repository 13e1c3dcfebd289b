/**
 * What the verify stage is asked and what it answers: whether a hypervisor would take a payload, rule by rule.
 *
 * The worst mistake here is to accept what Xen refuses or what stops it. `accepted` therefore means that no rule failed,
 * neither while Xen loads and applies the payload nor where its code would run and be reverted.
 */

import type { LoaderFacts } from '../loaders/xen/loader-facts.ts'
import type { HypervisorSymbols } from '../loaders/xen/symbols.ts'
import type { TableUse } from '../loaders/xen/table-use.ts'

/**
 * The versions of Xen whose rules are known; each stands for the last state of its stable branch.
 *
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import { XEN_VERSIONS } from 'hotsplice'
 *
 * assert.equal(XEN_VERSIONS[0], '4.17')
 * ```
 */
export const XEN_VERSIONS = ['4.17', '4.18', '4.19', '4.20', '4.21', '4.22'] as const
/** A version of Xen whose rules are known. */
export type XenVersion = (typeof XEN_VERSIONS)[number]

/** A version of Linux whose rules are known. */
export type LinuxVersion = '6.1' | '6.12'
export const LINUX_VERSIONS: readonly LinuxVersion[] = ['6.1', '6.12']

/** What Xen, or Linux, says no with. */
export type Errno =
  | 'ENOEXEC'
  | 'EBADMSG'
  | 'ENOPKG'
  | 'EINVAL'
  | 'EOPNOTSUPP'
  | 'ENOENT'
  | 'EEXIST'
  | 'EOVERFLOW'
  | 'ERANGE'
  | 'ENODATA'
  | 'ENOMEM'
  | 'ENOSPC'
  | 'ENOSYS'

/**
 * What Xen returns; or that the payload stops it, at once, when its code runs, or when it is taken out again; or that Xen
 * takes it and its code does something else than it should (`wrong`).
 */
export type Verdict = Errno | 'crash' | 'wrong'

/** When it comes out: in the upload, when it is applied, when its code runs, when it is reverted. */
export type Stage = 'upload' | 'apply' | 'run' | 'revert'

/** What came of a check. */
export type CheckStatus = 'passed' | 'failed' | 'not-applicable'

/** One rule of the loader, held against the payload. */
export interface VerifyCheck {
  /** One section of docs/findings/verify-*.md explains each. */
  readonly code: string
  readonly status: CheckStatus
  /** What was checked, or what is wrong with its values, or why it was not checked. */
  readonly text: string
  readonly stage: Stage
  /** What this check alone would lead to; only where it failed. */
  readonly errno?: Verdict
  /** Where in the payload, for the first thing that is wrong. */
  readonly place?: string
  /** What Xen takes without a word and what is still worth a look. */
  readonly warning?: string
}

/** The JSON of `hotsplice verify`. */
export interface VerifyReport {
  readonly schema: 1
  /** Whose rules they are. */
  readonly target: 'xen' | 'linux'
  readonly version: XenVersion | LinuxVersion
  /** Of the payload's bytes, without a signature, in hexadecimal. */
  readonly sha256: string
  readonly accepted: boolean
  /** Whether every rule could be asked; false where the hypervisor's names and code were not given. */
  readonly complete: boolean
  /** What Xen would do; null where it takes the payload, also when something is wrong that Xen cannot see. */
  readonly errno: Verdict | null
  /** When it would do so. */
  readonly stage: Stage | null
  /** The code of the check that decided: the first, in Xen's order, that failed. */
  readonly decidedBy: string | null
  /** Every rule of this version, in the order in which Xen comes to them. */
  readonly checks: readonly VerifyCheck[]
}

/** A payload that was accepted, as the ones that are loaded after it see it. */
export interface VerifiedPayload {
  readonly name: string
  readonly buildId: Uint8Array
  /** Where it is assumed to lie; Xen hands out addresses one after the other. */
  readonly image: PayloadImage
  /** Its symbols that others may refer to. */
  readonly newSymbols: ReadonlyMap<string, bigint>
  /** What its jumps overwrite while it is applied. */
  readonly overwritten: readonly AddressRange[]
}

/** A function of the running system that a payload puts its own in the place of, or switches off. */
export interface ReplacedFunction {
  /** As the payload has it; empty where it gives an address only. */
  readonly name: string
  readonly address: bigint
  readonly size: number
}

export interface AddressRange {
  readonly address: bigint
  readonly size: number
}

/** The three stretches of memory that the loader makes, one behind the other, each beginning on a page. */
export interface PayloadImage {
  /** Of the first stretch: code, then writable data, then read-only data. */
  readonly start: bigint
  readonly textSize: bigint
  readonly writableSize: bigint
  readonly readOnlySize: bigint
  /** Whole pages of all three. */
  readonly bytes: Uint8Array
}

export interface VerifyInput {
  readonly payload: Uint8Array
  /** Without them (or with xen.efi's, which hold a build-id only) what needs addresses is not applicable. */
  readonly symbols?: HypervisorSymbols | undefined
  readonly version: XenVersion
  /** What the loader does with the table of functions, by its source; asked where the symbols do not tell. */
  readonly tableUse?: TableUse | undefined
  /** What else its source says of the loader; asked where the symbols do not tell. */
  readonly facts?: LoaderFacts | undefined
  /** No processor of the host has CET-IBT, or Xen does not use it. */
  readonly withoutIbt?: boolean | undefined
  /** Of entries in special sections, in bytes, where the compiler of the hypervisor's tree was asked. */
  readonly entrySizes?: ReadonlyMap<string, number> | undefined
  /** Loaded and applied before this one, lowest first. */
  readonly on: readonly VerifiedPayload[]
}

/** The first and the last of them, for words. */
export const KNOWN_VERSIONS = `${XEN_VERSIONS[0]} to ${XEN_VERSIONS.at(-1)}`

/** The version of this number where its rules are known. */
export function knownVersion(number: string | undefined): XenVersion | undefined {
  return XEN_VERSIONS.find(version => version === number)
}

/** Whether `version` is `from` or later. */
export function isAtLeast(version: XenVersion, from: XenVersion): boolean {
  return XEN_VERSIONS.indexOf(version) >= XEN_VERSIONS.indexOf(from)
}
