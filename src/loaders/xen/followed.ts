/**
 * What Xen reads by way of a payload's special sections while it loads it, when it has not run any of its code: a table,
 * with the source for each version. Only two tables make it look at the code that they name, and follow what is there: it
 * reads the pointer of a call that it makes direct. That the code is never run after boot does not help then.
 *
 * To add a row: look for who walks the section in common/livepatch.c, "prepare_payload", of each version.
 */
import type { Followed } from '../loader.ts'

interface Row {
  readonly section: string
  readonly from: string
  readonly to: string
  readonly source: string
  readonly followed: Followed
}

const NOT_FOLLOWED: Followed = { reads: 'nothing' }

/** Where an entry of .altinstructions has how long the code is that it names. */
const LENGTH_OF_ORIGINAL = 10
/** `call *pointer(%rip)` */
const INDIRECT_CALL_SIZE = 6

const ROWS: readonly Row[] = [
  {
    section: '.altinstructions',
    from: '4.17',
    to: '4.20',
    source: 'arch/x86/alternative.c _apply_alternatives: "indirect-to-direct branch patching"',
    followed: { reads: 'code', length: { at: LENGTH_OF_ORIGINAL } },
  },
  {
    section: '.alt_call_sites',
    from: '4.21',
    to: '4.22',
    source: 'arch/x86/alternative.c apply_alt_calls',
    followed: { reads: 'code', length: INDIRECT_CALL_SIZE },
  },
  ...['0', '1', '2', '3'].map(
    (kind): Row => ({
      section: `.bug_frames.${kind}`,
      from: '4.17',
      to: '4.22',
      source:
        'common/livepatch.c prepare_payload: counts them; arch/x86/traps.c do_invalid_op reads one when it is hit',
      followed: NOT_FOLLOWED,
    }),
  ),
  {
    section: '.ex_table',
    from: '4.17',
    to: '4.22',
    source: 'arch/x86/extable.c sort_exception_table: moves the entries, and looks at nothing that they name',
    followed: NOT_FOLLOWED,
  },
]

/**
 * Of any version: an object has the tables of its own, and where one of those is not walked any more for calls, as
 * .altinstructions from 4.21 on, the code that it names is still no place for what is gone.
 */
export function xenFollowed(section: string): Followed | undefined {
  return ROWS.find(row => row.section === section)?.followed
}
