/** Carries a wrong input out, in this process: the files are written, the command line runs, and what it came to is told. */
import { mkdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { hasGcc } from '../support/gcc.ts'
import { runHere } from '../support/run-here.ts'
import { specimens } from './elf-specimens.ts'
import { soundKeys } from './sound-keys.ts'
import { toyImage } from './toy-image.ts'
import type { Sound, WrongInput } from './wrong-inputs.ts'

export interface CarriedOut {
  readonly status: number
  /** The first words of what it said. */
  readonly said: string
  /** Milliseconds of processor time: a busy machine makes nobody slow. */
  readonly time: number
}

export function sound(size: Sound['size']): Sound {
  const objects = specimens()
  const symbols = hasGcc ? toyImage() : (objects[0]?.bytes ?? new Uint8Array())
  return { objects, symbols, keys: soundKeys(), size }
}

/** `agent` is `process:PID` of a program that says it has one. */
export async function carryOut(input: WrongInput, folder: string, agent = ''): Promise<CarriedOut> {
  const here = (text: string) => text.replaceAll('@/', `${folder}/`)
  rmSync(folder, { recursive: true, force: true })
  mkdirSync(folder, { recursive: true })
  for (const [name, content] of Object.entries(input.files)) {
    mkdirSync(dirname(join(folder, name)), { recursive: true })
    const placed = name.endsWith('compile_commands.json') ? Buffer.from(content).toString('latin1') : undefined
    writeFileSync(join(folder, name), placed === undefined ? content : Buffer.from(here(placed), 'latin1'))
    if (name === 'tree/f.c') symlinkSync('link', join(folder, 'tree/link'))
  }
  const start = process.cpuUsage()
  const { status, stdout, stderr } = await runHere(
    input.args.map(arg => (arg === 'AGENT' ? agent : here(arg))),
    input.stdin,
  )
  const { user, system } = process.cpuUsage(start)
  return { status, said: (stderr || stdout).slice(0, 2000), time: (user + system) / 1000 }
}
