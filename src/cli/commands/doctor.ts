import { Command, Option } from '@commander-js/extra-typings'
import { doctor } from '../../flows/doctor/doctor.ts'
import { DOCTOR_USES, type DoctorUse, doctorText } from '../../report/doctor-report.ts'
import { thisMachine } from '../../services/this-machine.ts'
import { attempt, type Finished } from '../attempt.ts'
import type { Host } from '../command-host.ts'
import { type Console, checkOutputs } from '../console.ts'
import { helpAfter } from '../help.ts'
import { VERSION } from '../version.ts'

const USES = ['build', 'rehearse', 'rehearse-arm64', 'process', 'xen', 'linux'] as const satisfies readonly DoctorUse[]

const MORE = [
  'Nothing is changed or installed: each line says what is there, what is missing, and the command that mends it. What',
  'a machine is to be ready for, --for says:',
  ...USES.map(use => `  ${use.padEnd(15)} ${DOCTOR_USES[use]}`),
]

export function define(host: Host) {
  return new Command('doctor')
    .description('Says what this machine has and lacks for building, rehearsing and applying payloads.')
    .addOption(new Option('--for <use...>', 'what it is to be ready for').choices(USES).default(['build'] as const))
    .option('--tree <dir>', 'the source tree of what is running, as for build')
    .option('--build-dir <dir>', 'where the objects are (O=), or compile_commands.json is, when not in the tree')
    .option('--symbols <file>', 'what is running, as for build: xen-syms, an image that boots, or a program')
    .option('--json <file>', 'write the report as JSON; - is standard output')
    .addHelpText('after', helpAfter(HELP))
    .action(async ({ for: asked, json, ...files }) => {
      const work = (console: Console) => look({ asked, json, ...files }, console, host.signal)
      host.ended(await attempt({ json, command: 'doctor', host, work }))
    })
}

interface Request {
  readonly asked: readonly DoctorUse[]
  readonly tree?: string
  readonly buildDir?: string
  readonly symbols?: string
  readonly json: string | undefined
}

async function look({ json, ...request }: Request, console: Console, signal: AbortSignal): Promise<Finished> {
  checkOutputs([], [json])
  const report = await doctor({ ...request, version: VERSION, signal }, thisMachine(signal))
  const ending = report.outcome === 'ready' ? 'done' : 'bad-input'
  return { ending, text: doctorText(report, console.ink), json: report }
}

const HELP = {
  more: MORE,
  examples: [
    { so: 'before the first build', run: 'hotsplice doctor --tree ~/xen' },
    {
      so: 'in CI: fail unless payloads can be built and rehearsed here',
      run: 'hotsplice doctor --tree ~/xen --for build rehearse --json doctor.json',
    },
  ],
  codes: [
    [0, 'ready for everything that --for names'],
    [1, 'something that is needed for it is missing; or bad input or environment'],
  ],
} as const
