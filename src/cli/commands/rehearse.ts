import { Command, Option } from '@commander-js/extra-typings'
import { withShownNames } from '../../base/printable.ts'
import { attempt, type Finished } from '../attempt.ts'
import { cacheFolder } from '../cache-folder.ts'
import type { Host } from '../command-host.ts'
import { type Console, checkOutputs } from '../console.ts'
import type { Ending } from '../exit-code.ts'
import { readInput, readText } from '../files.ts'
import { helpAfter } from '../help.ts'
import { positive } from '../option-values.ts'

const MORE = [
  'Boots FILE in QEMU with a tiny guest of its own, and carries out a script of live patching operations. Without a',
  'script every payload goes through the full cycle: on Xen upload, apply, revert, unload, one on top of the other;',
  'on Linux load, the end of the transition, disable, unload, one after the other.',
  'docs/rehearsal.md has the grammar of scripts.',
]

export function define(host: Host) {
  return new Command('rehearse')
    .description('Tries payloads on the real hypervisor or kernel, in a throwaway machine.')
    .argument('<payload...>', 'in the order of the stack')
    .option('--hypervisor <file>', 'the Xen to boot: xen/xen of the build, or xen.gz')
    .option('--symbols <file>', 'the kernel to boot, for modules of Linux: /boot/vmlinuz-…')
    .option('--script <file>', 'the operations to carry out')
    .option('--cpus <n>', 'processors of the machine', positive, 1)
    .addOption(new Option('--timeout <ms>', 'how long all of it may take').argParser(positive).default(60_000))
    .option('--json <file>', 'write the result as JSON; - is standard output')
    .addHelpText(
      'after',
      helpAfter({
        more: MORE,
        examples: [
          { so: 'the full cycle', run: 'hotsplice rehearse fix.livepatch --hypervisor ~/xen/xen/xen' },
          { so: 'a kernel', run: 'hotsplice rehearse fix.ko --symbols /boot/vmlinuz-6.1.0-50-cloud-amd64' },
          { so: 'a script', run: 'hotsplice rehearse a.livepatch b.livepatch --hypervisor xen --script stack.txt' },
        ],
        codes: [
          [0, 'everything went as the script expects'],
          [2, 'something did not, or what was booted crashed or hung'],
        ],
      }),
    )
    .action(async (payloads, options) => {
      const work = (console: Console) => tryOut({ payloads, ...options }, console, host.signal)
      host.ended(await attempt({ json: options.json, command: 'rehearse', host, work }))
    })
}

interface Request {
  readonly payloads: readonly string[]
  readonly hypervisor?: string
  readonly symbols?: string
  readonly script?: string
  readonly cpus: number
  readonly timeout: number
  readonly json?: string
}

async function tryOut(request: Request, console: Console, signal: AbortSignal): Promise<Finished> {
  const { payloads: files, hypervisor, symbols, script, cpus, timeout, json } = request
  checkOutputs([...files, ...[hypervisor, symbols, script].filter(file => file !== undefined)], [json])
  const { describeRehearsal, rehearse } = await import('../../hosts/rehearsal/index.ts')
  const { rehearsedOn } = await import('../../flows/rehearsed-on.ts')
  const payloads = files.map(file => ({ name: file, bytes: readInput(file, 'the payload') }))
  const on = rehearsedOn({ payloads, hypervisor, symbols })
  const result = await rehearse({
    payloads,
    ...on,
    onBoot: () => console.progress.step(`booting ${on.hypervisor}`),
    ...(script === undefined ? {} : { script: readText(script, 'the script', 'utf8') }),
    cpus,
    timeoutMs: timeout,
    cacheFolder: cacheFolder(),
    signal,
  })
  const ending: Ending = result.outcome === 'passed' ? 'done' : 'refused'
  return { ending, text: describeRehearsal(withShownNames(result)), json: result }
}
