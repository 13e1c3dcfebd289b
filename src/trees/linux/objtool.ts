/**
 * objtool for one unit, where the build runs it on all of the kernel at once (CONFIG_X86_KERNEL_IBT): it makes of calls and
 * returns what runs, and writes the tables of them. Which options the configuration wants, the kernel's own makefile says.
 *
 * With one unit it sees fewer callers than with all: what it says of functions that nobody's pointer leads to
 * (.ibt_endbr_seal) holds for the unit alone, and is left out of payloads (`loaders/linux/sections.ts`).
 * Source: Linux 6.12 scripts/Makefile.lib (objtool-args) and scripts/Makefile.vmlinux_o.
 */
import { InputError } from '../../base/errors.ts'
import { run } from '../run.ts'
import { shellWords } from '../words.ts'
import type { Searching } from './included.ts'

const TARGET = 'hotsplice-objtool'

/** Whether the build leaves objtool to the whole kernel, by its configuration. */
export const isLeftToAll = (config: ReadonlyMap<string, string>): boolean => config.get('X86_KERNEL_IBT') === 'y'

/** The program with its options, without the object. Throws `InputError` where the tree does not say them. */
export async function objtoolOf(options: Searching): Promise<readonly string[]> {
  const asked = ['include include/config/auto.conf', `${TARGET}: ; @echo $(objtool) $(objtool-args)`]
  const srctree = options.sources === options.folder ? '.' : options.sources
  const own = ['obj=.', `srctree=${srctree}`, 'objtree=.']
  const words = [
    'make',
    '-s',
    '-rR',
    ...asked.map(text => `--eval=${text}`),
    '-f',
    `${srctree}/scripts/Makefile.lib`,
    TARGET,
    ...own,
  ]
  const { exit, output, errors } = await run(words, options)
  const found = exit === 0 ? shellWords(output.trim()) : undefined
  const [program, ...rest] = found ?? []
  if (program?.endsWith('objtool/objtool') === true && rest.includes('--link')) return [program, ...rest]
  throw new InputError(
    'linux/unknown-step',
    `how objtool is run on a unit cannot be told from scripts/Makefile.lib: ${(errors.trim() || output.trim()).slice(-300)}`,
    'is the tree prepared (make olddefconfig prepare), and its version 6.1 or 6.12?',
  )
}
