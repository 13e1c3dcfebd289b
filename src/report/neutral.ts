/** What was done to a patch so that the lines it leaves alone keep their numbers: JSON of `hotsplice neutralize`. */
import type { NeutralFile, NeutralStyle } from '../lines/neutral-model.ts'

export interface NeutralReport {
  readonly schema: 1
  readonly command: 'neutralize'
  /** Of hotsplice. */
  readonly version: string
  readonly outcome: 'done'
  readonly style: NeutralStyle
  readonly files: readonly NeutralizedFile[]
  /** What could not be made neutral, and other things worth knowing, for people. */
  readonly notes: readonly string[]
  /** The patch as text; bytes that are no UTF-8 are replaced. */
  readonly patch: string
}

export interface NeutralizedFile {
  readonly file: string
  /** `#line` directives that were put in. */
  readonly insertions: number
  readonly reformatted: number
  readonly numbering: NeutralFile['numbering']
  /** Lines whose number could not be kept. */
  readonly unsafe: readonly string[]
}

export function neutralizedFile({ path, insertions, reformatted, numbering, unsafe }: NeutralFile): NeutralizedFile {
  return {
    file: path,
    insertions: insertions.length,
    reformatted: reformatted.length,
    numbering,
    unsafe: unsafe.map(({ text }) => text),
  }
}
