/** The parts of help that teach: examples, exit codes, where to go on. */

export interface Example {
  /** What it is for. */
  readonly so: string
  readonly run: string
}

export interface HelpParts {
  readonly examples: readonly Example[]
  /** What each exit code means for this command. */
  readonly codes: readonly (readonly [code: number, meaning: string])[]
  readonly more?: readonly string[]
}

const COMMON_CODES: HelpParts['codes'] = [
  [1, 'bad input or environment; the message says what was being done and the way out'],
  [70, 'a bug in hotsplice; please report it'],
  [130, 'interrupted'],
]

/** What stands below the options of a command. */
export function helpAfter({ examples, codes, more = [] }: HelpParts): string {
  const own = new Set(codes.map(([code]) => code))
  const all = [...codes, ...COMMON_CODES.filter(([code]) => !own.has(code))].toSorted(([a], [b]) => a - b)
  return [
    '',
    ...(more.length === 0 ? [] : [...more, '']),
    'Examples:',
    ...examples.flatMap(({ so, run }) => [`  # ${so}`, `  ${run}`]),
    '',
    'Exit codes:',
    ...all.map(([code, meaning]) => `  ${String(code).padStart(3)}  ${meaning}`),
  ].join('\n')
}

export function rootHelp(): string {
  const help = helpAfter({
    examples: [
      {
        so: 'build a payload for the Xen that was built in this tree',
        run: 'hotsplice build --tree ~/xen --patch fix.patch',
      },
      {
        so: 'why is a function in it?',
        run: 'hotsplice build --tree ~/xen --patch fix.patch --json fix.json && hotsplice explain fix.json f2',
      },
      {
        so: 'try it on the real hypervisor, in a throwaway machine',
        run: 'hotsplice rehearse fix.livepatch --hypervisor ~/xen/xen/xen',
      },
    ],
    codes: [
      [0, 'done (diff: there are differences)'],
      [2, 'refused, rejected, or failed on the target'],
      [3, 'nothing to do: no code changes (diff: the same, or only line numbers)'],
    ],
  })
  return `${help}\n\n\`hotsplice help COMMAND\` has examples for each command.`
}
