/**
 * Scripts of operations that run on every kind of host. A payload is named by what it does; each host has its own bytes
 * for it. To add a case: a row. The answer of the real Xen is the reference; where another host differs, the row says so
 * in `differs`, with the reason, and docs/hosts.md lists it.
 */

export type PayloadKind =
  /** Replaces the function, depends on what runs. */
  | 'first'
  /** The same on top of `first`. */
  | 'second'
  /** The same function again, depends on what runs. */
  | 'other'
  | 'wrong-expectation'
  | 'right-expectation'
  | 'no-to-apply'
  | 'no-to-revert'
  | 'with-data'
  | 'same-id'
  | 'for-another-system'
  | 'unknown-function'
  | 'unknown-symbol'
  | 'existing-symbol'
  | 'nothing-in-it'
  | 'no-elf'
  | 'empty'
  | 'too-large'
  | 'old-version'
  | 'too-small'
  | 'two-pointers'
  | 'writable-code'

export type Operation =
  | readonly ['upload', name: string, kind: PayloadKind]
  | readonly ['apply' | 'revert' | 'replace' | 'unload', name: string, how?: 'nodeps' | '1ns']
  | readonly ['get', name: string]
  | readonly ['list']
  /** Which payload's function runs: its number, or `original`. */
  | readonly ['effect']

export interface Difference {
  /** Position in the script's transcript. */
  readonly at: number
  readonly process: string
  readonly why: string
}

export interface Script {
  readonly name: string
  readonly operations: readonly Operation[]
  readonly differs?: readonly Difference[]
}

const LONG = 'n'.repeat(127)

export const SCRIPTS: readonly Script[] = [
  {
    name: 'the whole cycle',
    operations: [
      ['list'],
      ['upload', 'a', 'first'],
      ['get', 'a'],
      ['effect'],
      ['apply', 'a'],
      ['get', 'a'],
      ['effect'],
      ['revert', 'a'],
      ['effect'],
      ['list'],
      ['unload', 'a'],
      ['get', 'a'],
    ],
  },
  {
    name: 'names that are not there, and names that cannot be',
    operations: [
      ['get', 'a'],
      ['apply', 'a'],
      ['revert', 'a'],
      ['replace', 'a'],
      ['unload', 'a'],
      ['upload', `${LONG}n`, 'first'],
      ['get', `${LONG}n`],
      ['upload', LONG, 'first'],
      ['get', LONG],
      ['unload', LONG],
    ],
  },
  {
    name: 'an empty name',
    operations: [
      ['upload', '', 'first'],
      ['get', ''],
    ],
    differs: [
      {
        at: 0,
        process: 'upload  first: EINVAL',
        why: 'an empty name is a slip of a script, and cannot be seen in a list',
      },
      { at: 1, process: 'get : EINVAL', why: 'the same' },
    ],
  },
  {
    name: 'uploaded twice: by name, by build-id',
    operations: [
      ['upload', 'a', 'first'],
      ['upload', 'a', 'first'],
      ['upload', 'a', 'other'],
      ['upload', 'b', 'same-id'],
      ['list'],
    ],
  },
  {
    name: 'actions in the wrong state',
    operations: [
      ['upload', 'a', 'first'],
      ['revert', 'a'],
      ['get', 'a'],
      ['apply', 'a'],
      ['apply', 'a'],
      ['replace', 'a'],
      ['unload', 'a'],
      ['get', 'a'],
      ['effect'],
    ],
  },
  {
    name: 'a stack, and dependencies that are not met',
    operations: [
      ['upload', 'a', 'first'],
      ['upload', 'b', 'second'],
      ['upload', 'c', 'other'],
      ['apply', 'b'],
      ['get', 'b'],
      ['apply', 'a'],
      ['apply', 'c'],
      ['apply', 'b'],
      ['effect'],
      ['revert', 'a'],
      ['apply', 'c', 'nodeps'],
      ['effect'],
      ['revert', 'c'],
      ['effect'],
      ['revert', 'b'],
      ['effect'],
      ['revert', 'a'],
      ['effect'],
    ],
  },
  {
    name: 'replace',
    operations: [
      ['upload', 'a', 'first'],
      ['upload', 'b', 'second'],
      ['upload', 'c', 'other'],
      ['apply', 'a'],
      ['apply', 'b'],
      ['replace', 'c'],
      ['effect'],
      ['list'],
      ['replace', 'b'],
      ['replace', 'a'],
      ['effect'],
      ['list'],
    ],
  },
  {
    name: 'replace with hooks that can say no',
    operations: [
      ['upload', 'a', 'first'],
      ['upload', 'v', 'no-to-apply'],
      ['apply', 'a'],
      ['replace', 'v'],
      ['effect'],
      ['list'],
    ],
  },
  {
    name: 'replace over hooks that can say no',
    operations: [
      ['upload', 'a', 'first'],
      ['upload', 'v', 'right-expectation'],
      ['apply', 'v'],
      ['replace', 'a'],
      ['effect'],
      ['list'],
    ],
  },
  {
    name: 'expectations',
    operations: [
      ['upload', 'w', 'wrong-expectation'],
      ['apply', 'w'],
      ['get', 'w'],
      ['upload', 'r', 'right-expectation'],
      ['apply', 'r'],
      ['effect'],
      ['revert', 'r'],
    ],
  },
  {
    name: 'an expectation that fails in a replace',
    operations: [
      ['upload', 'a', 'first'],
      ['upload', 'w', 'wrong-expectation'],
      ['apply', 'a'],
      ['replace', 'w'],
      ['effect'],
      ['list'],
    ],
    differs: [
      {
        at: 4,
        process: 'effect: 1',
        why: 'a replace that cannot be done changes nothing; Xen has reverted all by then',
      },
      { at: 5, process: 'list: a APPLIED 0, w CHECKED EINVAL', why: 'the same' },
    ],
  },
  {
    name: 'a hook that says no to an apply',
    operations: [['upload', 'v', 'no-to-apply'], ['apply', 'v'], ['get', 'v'], ['effect'], ['unload', 'v'], ['list']],
  },
  {
    name: 'a hook that says no to a revert',
    operations: [['upload', 'v', 'no-to-revert'], ['apply', 'v'], ['revert', 'v'], ['get', 'v'], ['effect']],
  },
  {
    name: 'writable data and a second apply',
    operations: [
      ['upload', 'd', 'with-data'],
      ['apply', 'd'],
      ['revert', 'd'],
      ['apply', 'd'],
      ['get', 'd'],
      ['effect'],
    ],
    differs: [
      { at: 3, process: 'apply d: 0', why: 'the data is made as it was when uploaded, so a second apply is safe' },
      { at: 4, process: 'get d: APPLIED 0', why: 'the same' },
      { at: 5, process: 'effect: 4', why: 'the same' },
    ],
  },
  {
    name: 'too little time to come to a stand',
    operations: [['upload', 'a', 'first'], ['apply', 'a', '1ns'], ['get', 'a'], ['effect'], ['apply', 'a'], ['effect']],
  },
  {
    name: 'payloads that are refused',
    operations: [
      ['upload', 'x', 'no-elf'],
      ['upload', 'x', 'empty'],
      ['upload', 'x', 'too-large'],
      ['upload', 'x', 'nothing-in-it'],
      ['upload', 'x', 'for-another-system'],
      ['upload', 'x', 'unknown-function'],
      ['upload', 'x', 'unknown-symbol'],
      ['upload', 'x', 'existing-symbol'],
      ['upload', 'x', 'old-version'],
      ['upload', 'x', 'too-small'],
      ['upload', 'x', 'two-pointers'],
      ['upload', 'x', 'writable-code'],
      ['list'],
      ['effect'],
    ],
  },
]
