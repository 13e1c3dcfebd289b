/**
 * A fleet: every base that runs, and every fix that it is to get. Plain data; files are named by paths that are absolute or
 * relative to where the command runs.
 */
import type { TargetName } from '../../loaders/loaders.ts'
import type { Way } from '../../report/model.ts'

export interface Fleet {
  readonly bases: readonly FleetBase[]
  /** In the order in which they were written. */
  readonly fixes: readonly Fix[]
}

/** A file that the fleet's file names, and where it does so: `FLEET.yaml:3:11`. */
export interface NamedFile {
  /** As it is spelled there. */
  readonly name: string
  readonly path: string
  readonly at: string
}

/** One build of a system that runs somewhere. */
export interface FleetBase {
  readonly name: string
  readonly tree: NamedFile
  readonly target: TargetName
  /** In hexadecimal; what is built must be for this one. */
  readonly buildId: string | undefined
  /** `2027-12-31`, the last day on which anything is built for it. */
  readonly endOfLife: string | undefined
  readonly symbols: NamedFile | undefined
  /** What boots. */
  readonly image: NamedFile | undefined
  /** Payloads that are applied there already, the lowest first. */
  readonly on: readonly AppliedPayload[]
  readonly config: NamedFile | undefined
  readonly makeArgs: readonly string[]
  readonly buildDir: NamedFile | undefined
  readonly toolchain: string | undefined
  readonly toolchainPath: readonly string[]
  readonly depends: string | undefined
  readonly xenDepends: string | undefined
  readonly withoutIbt: boolean
  readonly rehearsal: FleetRehearsal | undefined
}

/** A payload that is applied there already. */
export interface AppliedPayload {
  readonly payload: NamedFile
  /** What it was made from; new text has it too. Undefined where nobody says. */
  readonly patches: readonly NamedFile[] | undefined
}

/** How what is built for a base is tried. */
export interface FleetRehearsal {
  readonly hypervisor: NamedFile
  readonly script: NamedFile | undefined
  readonly cpus: number
  readonly timeoutMs: number
}

/** One advisory's change. */
export interface Fix {
  readonly name: string
  /** `CVE-2026-1234`, `XSA-500`. */
  readonly ids: readonly string[]
  /** The fix that it is built upon. */
  readonly on: string | undefined
  /** The fixes that its one payload has, which takes the place of theirs; undefined where it is a change of its own. */
  readonly cumulative: readonly string[] | undefined
  readonly loses: readonly AcceptedLoss[]
  readonly patches: readonly NamedFile[]
  /** By base, where they differ. */
  readonly patchesFor: ReadonlyMap<string, readonly NamedFile[]>
  /** By base, why it needs none. */
  readonly notAffected: ReadonlyMap<string, string>
  readonly strip: number
  readonly options: FixOptions
  readonly expected: readonly ExpectedRefusal[]
}

export interface FixOptions {
  readonly lines: Way
  readonly acceptTypes: readonly string[]
  readonly leaveInit: readonly string[]
  readonly promoteCallers: readonly string[]
  readonly compileAll: boolean
  /** `FILE` or `FILE@UNIT`. */
  readonly with: readonly { readonly file: NamedFile; readonly beside: string | undefined }[]
}

/** Variables that go with a payload whose place is taken: somebody has said that nobody needs what they hold. */
export interface AcceptedLoss {
  readonly variables: readonly string[]
  readonly reason: string
  readonly who: string
}

/** Somebody has looked at it and decided that this base goes without the fix. */
export interface ExpectedRefusal {
  readonly base: string
  /** Of refusals; others are a surprise. */
  readonly codes: readonly string[]
  /** What may be refused; anything where it is undefined. */
  readonly symbols: readonly string[] | undefined
  readonly reason: string
  /** Who said so. */
  readonly who: string
}
