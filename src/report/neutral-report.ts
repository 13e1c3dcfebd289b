/** The report of `hotsplice neutralize`, as plain data. */
import type { NeutralFile, NeutralStyle } from '../lines/neutral-model.ts'

/** The JSON of `hotsplice neutralize`. */
export interface NeutralReport {
  readonly schema: 1
  readonly command: 'neutralize'
  /** Of hotsplice. */
  readonly version: string
  readonly outcome: 'done'
  readonly style: 'auto' | 'directive' | 'reformat'
  readonly files: readonly RewrittenFile[]
  /** What could not be made neutral, and other things worth knowing. */
  readonly notes: readonly string[]
  /** The rewritten patch, read as UTF-8; empty where nothing is left of it. */
  readonly patch: string
}

/** What was done to the text of a file. */
export interface RewrittenFile {
  readonly file: string
  /** How many `#line` directives were put in. */
  readonly insertions: number
  /** How many edits were laid out on as many lines as they replaced. */
  readonly reformatted: number
  /**
   * The numbers of added lines: above the original's last line; between, on numbers of original lines without code; or
   * shared with unchanged lines. None: no lines were added.
   */
  readonly numbering: 'above' | 'between' | 'shared' | 'none'
  /** Lines that are off all the same, in words. */
  readonly unsafe: readonly string[]
}

interface Rewritten {
  readonly style: NeutralStyle
  readonly files: readonly NeutralFile[]
  readonly notes: readonly string[]
  /** One character a byte. */
  readonly text: string
}

export function neutralReport({ style, files, notes, text }: Rewritten, version: string): NeutralReport {
  return {
    schema: 1,
    command: 'neutralize',
    version,
    outcome: 'done',
    style,
    files: files.map(rewrittenFile),
    notes,
    patch: Buffer.from(text, 'latin1').toString('utf8'),
  }
}

function rewrittenFile({ path, insertions, reformatted, numbering, unsafe }: NeutralFile): RewrittenFile {
  return {
    file: path,
    insertions: insertions.length,
    reformatted: reformatted.length,
    numbering,
    unsafe: unsafe.map(({ text }) => text),
  }
}
