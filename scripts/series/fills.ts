/**
 * What a person has to know of a fix that is rightly refused, and that `hotsplice assist` makes a start for: the lines that
 * were written by hand in the places that it marks. They are ours; what they fill in is written anew on each base.
 */

export interface Fill {
  /** What of the source is filled in; where `put` is empty, its line goes. */
  readonly mark: string
  readonly put: string
}

/** The places where objects end were looked at: what `assist` lists is all. */
const shadow = (first: string, most: number): readonly Fill[] => [
  { mark: '    FILL_IN_first_values;', put: first },
  { mark: 'FILL_IN_where_it_ends', put: '' },
  { mark: 'FILL_IN_how_many', put: String(most) },
]

export const FILLS: ReadonlyMap<string, readonly Fill[]> = new Map([
  // Where a guest has it active at this moment the CPU stays slow, and loses no protection.
  ['XSA-431', [{ mark: 'FILL_IN_first_value;', put: 'false;' }]],
  // Where somebody has changed the table meanwhile, nothing is known of it.
  ['XSA-463', [{ mark: 'FILL_IN_VETO_OR_LEAVE', put: 'VETO' }]],
  ['XSA-491', shadow('    rwlock_init(&own->g2m_ioport_lock);', 512)],
  ['XSA-472', shadow('    spin_lock_init(&own->lock);', 512)],
  // None is in progress while code is replaced: every CPU is on its way back to a guest, or idle.
  ['XSA-501', shadow('', 512)],
])

/**
 * Files whose change a person takes out of the patches: members that only go, and may stay. A guest that was there before
 * keeps the pages of its old cache until the host reboots.
 */
export const LEFT: ReadonlyMap<string, readonly string[]> = new Map([
  ['XSA-463', ['xen/arch/x86/include/asm/hvm/domain.h', 'xen/arch/x86/include/asm/hvm/io.h']],
  // What a vCPU remembered of a port is read by nobody then.
  ['XSA-491', ['xen/arch/x86/include/asm/hvm/vcpu.h']],
])

/** A patch of git without what it does to some files; empty where nothing is left. */
export function withoutFiles(patch: string, files: readonly string[]): string {
  const parts = patch.split(/^(?=diff --git )/m)
  return parts.filter(part => !files.some(file => part.startsWith(`diff --git a/${file} b/${file}\n`))).join('')
}

export interface Filled {
  readonly text: string
  /** A line that is deleted counts as one. */
  readonly hand: number
}

/** Undefined where a mark is not there, or more than once: then what was known is of another source. */
export function fillIn(text: string, fills: readonly Fill[]): Filled | undefined {
  let lines = text.split('\n')
  for (const { mark, put } of fills) {
    const [at, ...more] = lines.flatMap((line, index) => (line.includes(mark) ? [index] : []))
    const line = lines[at ?? -1]
    if (at === undefined || line === undefined || more.length > 0) return undefined
    lines = lines.toSpliced(at, 1, ...(put === '' ? [] : line.replace(mark, () => put).split('\n')))
  }
  const hand = fills.map(({ put }) => put.split('\n').length).reduce((sum, each) => sum + each, 0)
  return { text: lines.join('\n'), hand }
}
