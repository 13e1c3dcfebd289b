/** What a case on the real Xen says: an edit, the functions it changes, and what a person at dom0 sees of it. */
import type { Edit } from './edits.ts'
import type { Configuration } from './tree.ts'

/** What one operation of the rehearsal shows: its result, a line on the console, a line that must not be there. */
export interface Seen {
  readonly result?: number
  readonly line?: RegExp
  readonly not?: RegExp
}

/** An operation of the rehearsal's script, and what it shows without and with the payload. */
export interface Look {
  readonly operation: string
  readonly original: Seen
  readonly patched: Seen
  /** After revert, where that is not what `original` says (a counter that goes on). */
  readonly reverted?: Seen
}

/**
 * For what dom0 cannot see: a second patch that only adds a load hook. The hook calls the function (or looks at its bytes)
 * and prints; applied without and on top of the case's payload, it says different things.
 */
export interface Probe {
  readonly edits: readonly Edit[]
  readonly original: RegExp
  readonly patched: RegExp
}

export interface XenCase {
  readonly name: string
  /** What it is there to show. */
  readonly shows: string
  readonly tree?: Configuration
  readonly edits: readonly Edit[]
  /** Functions whose code changes, as `unit function`. */
  readonly changed: readonly string[]
  /** Functions that only the patched source has. */
  readonly added?: readonly string[]
  readonly gone?: readonly string[]
  /** Variables and constants that only the patched source has and the payload carries. */
  readonly addedData?: readonly string[]
  /** Constants whose content changes; their users are in `changed`. */
  readonly changedData?: readonly string[]
  readonly looks?: readonly Look[]
  readonly probe?: Probe
  /** What the console says when the payload is applied and reverted. */
  readonly onApply?: RegExp
  readonly onRevert?: RegExp
  /** An operation that brings Xen down once the payload is applied, and the line it leaves. */
  readonly crash?: { readonly operation: string; readonly line: RegExp }
}

/** A probe in a file of its own, for functions that other files can name: the body of its hook, and declarations above it. */
export function probeFile(body: string, original: RegExp, patched: RegExp, declarations = ''): Probe {
  const code = `${declarations}\nstatic void probe(void)\n{\n${body}\n}\nLIVEPATCH_LOAD_HOOK(probe);\n`
  return { edits: inNewFile('probe', code), original, patched }
}

/** A new source file in xen/common and the line of the Makefile that builds it. */
export function inNewFile(name: string, code: string): Edit[] {
  const includes = ['lib', 'sched', 'livepatch_payload'].map(header => `#include <xen/${header}.h>\n`).join('')
  return [
    { file: `xen/common/${name}.c`, create: `${includes}\n${code}` },
    { file: 'xen/common/Makefile', find: 'obj-y += bitmap.o\n', put: `obj-y += bitmap.o\nobj-y += ${name}.o\n` },
  ]
}
