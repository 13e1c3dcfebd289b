/** The three outputs of a command: what was asked for, what goes beside it, and JSON. */
import colours from 'picocolors'
import { InputError } from '../base/errors.ts'
import { type Ink, PLAIN } from '../report/ink.ts'
import { toJson } from '../report/json.ts'
import { isSpecial, placesOf, STANDARD, writeWhole } from './files.ts'
import { type ProgressDisplay, progressOn } from './progress.ts'

export interface Console {
  /** For what was asked for: standard output, unless JSON has it. */
  readonly result: (text: string) => void
  /** For everything beside it: standard error. */
  readonly note: (text: string) => void
  /** Writes the JSON that was asked for; nothing where none was. */
  readonly json: (value: unknown) => void
  readonly ink: Ink
  readonly progress: ProgressDisplay
}

const COLOURED: Ink = {
  strong: colours.bold,
  faint: colours.dim,
  good: colours.green,
  bad: colours.red,
  warn: colours.yellow,
}

/** `json` is what `--json` was given: a file, or `-`, which moves everything else to standard error. */
export function openConsole(json: string | undefined): Console {
  const stream = json === STANDARD ? process.stderr : process.stdout
  const inColour = stream.isTTY === true && !('NO_COLOR' in process.env) && colours.isColorSupported
  const progress = progressOn(process.stderr)
  const write = (output: NodeJS.WriteStream) => (text: string) => {
    progress.end()
    output.write(text.endsWith('\n') ? text : `${text}\n`)
  }
  return {
    result: write(stream),
    note: write(process.stderr),
    json: value => {
      if (json === STANDARD) process.stdout.write(toJson(value))
      else if (json !== undefined) writeWhole(json, toJson(value))
    },
    ink: inColour ? COLOURED : PLAIN,
    progress,
  }
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
