import { Command, Option } from '@commander-js/extra-typings'
import { attempt } from '../attempt.ts'
import type { Host } from '../command-host.ts'
import { helpAfter } from '../help.ts'
import type { TranslateRequest } from './translate-run.ts'

const MORE = [
  'Reads a log on standard input and writes it again. Behind each `file.c:123` of a file that the payloads touch, and',
  'each `file.c#function+0x10` in code of theirs, stands in braces what it means in the source that you have before you:',
  '',
  '  {=common/domain.c:125}                    certainly this line',
  '  {=common/domain.c:120 of the original}    this line, which your source does not have',
  '  {?a.c:14 by f2 | a.c:6 by f1 in fix}      one of these, and who would have printed it',
  '  {?no such line}                           no version of the file has such a line',
  '',
  'so `grep "{?"` finds what is not certain. Functions that were not replaced print the numbers of the source that was',
  'built, or the patched ones under --lines table; replaced ones print what the compiler saw of the patched source.',
  'Places in code are known where the tree was compiled with debug information; for code that stays, with --symbols.',
  '',
  'The reports are given in the order in which the payloads were applied. Xen calls a payload by the name that it was',
  'uploaded with; where that is not the file’s (fix for fix.livepatch), say NAME=REPORT.json.',
]

export function define(host: Host) {
  return new Command('translate')
    .description('Rewrites a log so that line numbers are those of the right source, given what was applied.')
    .argument('<[name=]report.json...>', 'what `hotsplice build --json FILE` wrote, in the order of application')
    .addOption(
      new Option('--source <which>', 'the source that you have before you: with all patches, or without any')
        .choices(['patched', 'original'])
        .default('patched'),
    )
    .option('--replace', 'put what is certain in the place of what the log said, without braces')
    .option('--from-log', 'nothing is applied until the log says so: follow Xen’s or Linux’s own messages')
    .option(
      '--symbols <file>',
      'xen-syms, or a program, with debug information: for backtraces through code that stays',
    )
    .option('--debug-file <file...>', 'debug files of payloads, which know their code best; found by build-id')
    .option('--json <file>', 'write what was found as JSON, when the log has ended; - is standard output')
    .addHelpText('after', helpAfter(HELP))
    .action(async (reports, { source, replace, fromLog, symbols, debugFile, json }) => {
      const request: TranslateRequest = {
        reports,
        source: source === 'original' ? 'original' : 'patched',
        replace: replace === true,
        fromLog: fromLog === true,
        debugFiles: debugFile ?? [],
        ...(symbols === undefined ? {} : { symbols }),
        isVerbose: host.isVerbose,
        ...(json === undefined ? {} : { json }),
      }
      const { signal } = host
      const { runTranslate } = await import('./translate-run.ts')
      const work = () => runTranslate(request, process.stdin, signal)
      host.ended(await attempt({ json, command: 'translate', host, work }))
    })
}

const HELP = {
  more: MORE,
  examples: [
    { so: 'the console of a Xen with one payload', run: 'xl dmesg | hotsplice translate fix.json' },
    {
      so: 'with two, the second on top of the first; only what is not certain',
      run: 'hotsplice translate first.json second.json < console.log | grep "{?"',
    },
    {
      so: 'a log of before, with and after the payload, which was uploaded as xsa444',
      run: 'hotsplice translate --from-log xsa444=fix.json < console.log',
    },
  ],
  codes: [[0, 'the log was written']],
} as const
