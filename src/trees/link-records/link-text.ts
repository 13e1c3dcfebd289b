/** CMake's link.txt, which its makefiles have for each target: the commands that make it, a line each. */
import { basename, join } from 'node:path'
import { expandResponseFiles } from '../compile-commands/response-files.ts'
import { shellWords } from '../words.ts'
import { linkInputs } from './link-inputs.ts'
import type { LinkRecord } from './model.ts'

const ARCHIVER = /(^|-)ar(-[\d.]+)?$/
/** What changes nothing of what is in a file that is made. */
const BESIDE = /(^|-)(ranlib|strip)(-[\d.]+)?$/

/** `folder` is where the commands run. Undefined where one of them is not understood. */
export function readLinkText(text: string, folder: string): readonly LinkRecord[] | undefined {
  const records: LinkRecord[] = []
  for (const line of text.split('\n')) {
    const words = shellWords(line)
    if (words === undefined) return undefined
    const [program = '', ...rest] = expandResponseFiles(words, folder).words
    if (program === '' || BESIDE.test(basename(program))) continue
    const at = ARCHIVER.test(basename(program)) ? 1 : rest.indexOf('-o') + 1
    const output = at === 0 ? undefined : rest[at]
    const inputs = linkInputs(
      rest.filter((_, position) => position !== at),
      folder,
    )
    if (output === undefined || inputs === undefined) return undefined
    records.push({ output: join(output.startsWith('/') ? '/' : folder, output), inputs })
  }
  return records
}
