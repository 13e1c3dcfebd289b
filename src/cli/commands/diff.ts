import { basename } from 'node:path'
import { Command, InvalidArgumentError, Option } from '@commander-js/extra-typings'
import { InputError } from '../../base/errors.ts'
import { withShownNames } from '../../base/printable.ts'
import { diff as compareObjects } from '../../flows/diff.ts'
import type { TargetName } from '../../loaders/loaders.ts'
import type { ReportedError } from '../../report/model.ts'
import { summary } from '../../report/text.ts'
import { attempt, type Finished } from '../attempt.ts'
import type { Host } from '../command-host.ts'
import type { Console } from '../console.ts'
import { checkOutputs } from '../console.ts'
import { endingOf } from '../exit-code.ts'
import { readInput } from '../files.ts'
import { helpAfter } from '../help.ts'
import { VERSION } from '../version.ts'

const MORE = [
  'Both objects must be of one source file, compiled with the same compiler and flags and -ffunction-sections',
  '-fdata-sections. Without --shifted, a function that differs by an embedded line number has changed; with it,',
  'functions that differ only so are told apart.',
]

const DETAILS = 'put both versions of each function into the JSON too, for `hotsplice report` (--html does)'

export function define(host: Host) {
  return new Command('diff')
    .description('Says which functions and data differ between two objects of one unit, and why.')
    .argument('<original.o>', 'the object of what is running')
    .argument('<patched.o>', 'the object of the patched source')
    .option('--shifted <file>', 'the original, compiled with its line numbers shifted (#line as its first line)')
    .option('--shift <n>', 'by how many lines', toShift)
    .addOption(
      new Option('--target <name>', 'which special sections to know')
        .choices(['xen', 'process', 'linux'] as const)
        .default('xen' as const),
    )
    .option('--json <file>', 'write the report as JSON; - is standard output')
    .option('--html <file>', 'write a page with both versions side by side: one file, for a browser')
    .option('--details', DETAILS)
    .addHelpText(
      'after',
      helpAfter({
        more: MORE,
        examples: [
          { so: 'what changed', run: 'hotsplice diff build/common/domain.o patched/common/domain.o' },
          { so: 'and without line numbers', run: 'hotsplice diff a.o b.o --shifted a-shifted.o --shift 3' },
        ],
        codes: [
          [0, 'there are differences'],
          [3, 'they are the same, or only line numbers differ'],
        ],
      }),
    )
    .action(async (original, patched, options) => {
      const { json, html } = options
      const request: Request = { original, patched, ...options }
      const work = (console: Console) => diff(request, console)
      const failed = async (error: ReportedError) =>
        (await import('../page-file.ts')).writeFailedPage(html, 'diff', error)
      host.ended(await attempt({ json, command: 'diff', host, work, failed }))
    })
}

interface Request {
  readonly original: string
  readonly patched: string
  readonly shifted?: string
  readonly shift?: number
  readonly target: TargetName
  readonly json?: string
  readonly html?: string
  readonly details?: boolean
}

async function diff(request: Request, console: Console): Promise<Finished> {
  const { original, patched, shifted, shift, target, json, html } = request
  checkOutputs([original, patched, ...(shifted === undefined ? [] : [shifted])], [json, html])
  const page = html === undefined ? undefined : await import('../page-file.ts')
  page?.checkPage(html)
  if ((shifted === undefined) !== (shift === undefined)) {
    throw new InputError('cli/usage', '--shifted and --shift belong together', 'give both, or neither')
  }
  const start = performance.now()
  const input = {
    original: readInput(original, 'the original object'),
    patched: readInput(patched, 'the patched object'),
    ...(shifted === undefined || shift === undefined
      ? {}
      : { shifted: { object: readInput(shifted, 'the shifted object'), shift } }),
  }
  const timings = { read: performance.now() - start }
  const details = request.details === true || html !== undefined
  const unit = unitOf(original, patched)
  const report = compareObjects({ ...input, target, unit, version: VERSION, timings, details })
  const also = () => {
    if (html !== undefined) page?.writePage(html, { builds: [{ name: html, report }] })
  }
  return {
    ending: endingOf(report.outcome),
    text: summary(withShownNames({ ...report, details: null }), console.ink),
    json: report,
    also,
  }
}

/** What both paths end with: `common/domain.o`; the original's name where they end differently. */
export function unitOf(original: string, patched: string): string {
  const [a, b] = [original.split('/'), patched.split('/')]
  const common: string[] = []
  while (a.length > 0 && a.at(-1) === b.at(-1)) {
    common.unshift(a.pop() ?? '')
    b.pop()
  }
  const unit = common.filter(part => part !== '' && part !== '.' && part !== '..').join('/')
  return unit === '' || a.length === 0 ? basename(original) : unit
}

function toShift(text: string): number {
  const shift = Number(text)
  if (!Number.isInteger(shift) || shift === 0) throw new InvalidArgumentError('It must be a whole number other than 0.')
  return shift
}
