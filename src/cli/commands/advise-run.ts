/** What `hotsplice advise` does: reads the patches, tries every way, writes what comes of each. */
import { withShownNames } from '../../base/printable.ts'
import { advise } from '../../flows/advise.ts'
import type { Advice } from '../../report/advice.ts'
import { adviceText } from '../../report/advice-text.ts'
import type { Finished } from '../attempt.ts'
import { cacheFolder } from '../cache-folder.ts'
import { type Console, checkOutputs } from '../console.ts'
import type { Ending } from '../exit-code.ts'
import { readPatches } from '../patches.ts'
import { VERSION } from '../version.ts'

export interface AdviseArguments {
  readonly tree: string
  readonly patch: readonly string[]
  readonly strip: number
  readonly target: 'xen' | 'process'
  readonly symbols?: string
  readonly depends?: string
  readonly xenDepends?: string
  readonly config?: string
  readonly makeArgs: readonly string[]
  readonly buildDir?: string
  readonly toolchain?: string
  readonly toolchainPath?: readonly string[]
  readonly toolchainFile?: string
  readonly jobs: number
  readonly json?: string
}

const ENDINGS: Readonly<Record<Advice['outcome'], Ending>> = {
  advised: 'done',
  'nothing-to-do': 'nothing-to-do',
  refused: 'refused',
}

export async function runAdvise(request: AdviseArguments, console: Console, signal: AbortSignal): Promise<Finished> {
  const { patch, strip, json, symbols, config } = request
  const inputs = [...patch, symbols, config].filter(file => file !== undefined)
  checkOutputs(inputs, [json])
  const patches = readPatches(patch, strip)
  const rest = { version: VERSION, progress: console.progress, cacheFolder: cacheFolder(), signal }
  const advice = await advise({ ...request, patches, ...rest })
  return { ending: ENDINGS[advice.outcome], text: adviceText(withShownNames(advice), console.ink), json: advice }
}
