/** The three outputs of a command: what was asked for, what goes beside it, and JSON. */
import { join } from 'node:path'
import colours from 'picocolors'
import { InputError } from '../base/errors.ts'
import { type Ink, PLAIN } from '../report/ink.ts'
import { toJson } from '../report/json.ts'
import { isSpecial, placesOf, STANDARD, writeWhole } from './files.ts'
import { type ProgressDisplay, type ProgressOutput, progressOn } from './progress.ts'
import { COLOURED, deliver, deliverJson, say } from './terminal.ts'

export interface Console {
  /** For what was asked for: standard output, unless JSON has it. */
  readonly result: (text: string) => void
  /** For everything beside it: standard error, unless nothing but JSON was asked for. */
  readonly note: (text: string) => void
  /** For errors: standard error, whatever was asked for. */
  readonly trouble: (text: string) => void
  /** For what other programs read on standard output: nothing is changed, unless a terminal is the reader. */
  readonly data: (bytes: Uint8Array) => void
  /** Writes the JSON that was asked for; nothing where none was. */
  readonly json: (value: unknown) => void
  readonly ink: Ink
  readonly progress: ProgressDisplay
  /** Where whoever draws progress otherwise draws it. */
  readonly progressOutput: ProgressOutput
}

const NOWHERE: ProgressOutput = { write: () => undefined }

/**
 * `json` is what `--json` was given: a file, or `-`. Whoever has JSON on standard output reads that, and thousands of lines
 * beside it would help nobody: then there is no text but errors, unless it was asked for (`--verbose`): on standard error.
 */
export function openConsole(json: string | undefined, isVerbose: boolean): Console {
  const stream = json === STANDARD ? process.stderr : process.stdout
  const isSilent = json === STANDARD && !isVerbose
  const inColour = stream.isTTY === true && !('NO_COLOR' in process.env) && colours.isColorSupported
  // A line that is drawn over leaves nothing behind.
  const progressOutput = isSilent && process.stderr.isTTY !== true ? NOWHERE : process.stderr
  const progress = progressOn(progressOutput)
  const write = (output: NodeJS.WriteStream) => (text: string) => {
    progress.end()
    say(output, text.endsWith('\n') ? text : `${text}\n`)
  }
  return {
    result: isSilent ? () => undefined : write(stream),
    note: isSilent ? () => undefined : write(process.stderr),
    trouble: write(process.stderr),
    data: bytes => void deliver(process.stdout, bytes),
    json: value => {
      if (json === STANDARD) deliverJson(process.stdout, toJson(value))
      else if (json !== undefined) writeWhole(json, toJson(value))
    },
    ink: inColour ? COLOURED : PLAIN,
    progress,
    progressOutput,
  }
}

/** Nothing is written among the files of a folder that is read as a whole: it would be one of them the next time. */
export function checkOutside(folder: string, output: string | undefined): void {
  if (output === undefined || output === STANDARD || isSpecial(output)) return
  const roots = placesOf(folder)
  if (!placesOf(output).some(place => roots.some(root => place.startsWith(join(root, '/'))))) return
  throw new InputError('cli/same-file', `${output} is in ${folder}, which is read as a whole`, 'write it elsewhere')
}

/** `--json` must not take the place of a file that the command reads or writes, however it is spelled. */
export function checkOutputs(inputs: readonly string[], outputs: readonly (string | undefined)[]): void {
  const seen = new Set(inputs.filter(input => input !== STANDARD).flatMap(placesOf))
  for (const output of outputs) {
    if (output === undefined || output === STANDARD || isSpecial(output)) continue
    const [place = output] = placesOf(output)
    if (seen.has(place)) {
      throw new InputError(
        'cli/same-file',
        `${output} is named twice, once to be written`,
        'give every output a file of its own',
      )
    }
    seen.add(place)
  }
}
