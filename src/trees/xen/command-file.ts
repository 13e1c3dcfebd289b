/**
 * The `.foo.o.cmd` files that Xen's build leaves beside each object: how it was made, from what, and what it read.
 *
 *     cmd_common/domain.o := gcc … -c common/domain.c -o common/.domain.o.tmp -MQ common/domain.o
 *     source_common/domain.o := common/domain.c
 *     deps_common/domain.o := \
 *         $(wildcard include/config/compat.h) \
 *       include/xen/config.h \
 *
 * They are written for make: `$$` is a dollar, `$(pound)` a hash. Dependencies are spelled as the compiler found them
 * (`common/compat/../kernel.c`) and must be normalised by whoever compares them. The source is not among them.
 */
import { shellWords } from '../words.ts'

const COMMAND = /^(?:saved)?cmd_(\S+) := ?(.*)$/m
const SOURCE = /^source_\S+ := (.*)$/m
const DEPENDENCIES = /^deps_\S+ := \\\n/m

/** The target and the text of its command, ready for a shell. */
export function readCommand(text: string): { readonly target: string; readonly command: string } | undefined {
  const found = COMMAND.exec(text)
  if (found?.[1] === undefined || found[2] === undefined) return undefined
  return { target: found[1], command: found[2].replaceAll('$(pound)', '#').replaceAll('$$', '$') }
}

/** The source the compiler was given; undefined where nothing was compiled. */
export function readSource(text: string): string | undefined {
  return SOURCE.exec(text)?.[1]?.trim()
}

/** The files the compiler read besides the source, as it spelled them. */
export function readDependencies(text: string): string[] {
  const start = DEPENDENCIES.exec(text)
  if (start === null) return []
  const files: string[] = []
  for (const line of text.slice(start.index + start[0].length).split('\n')) {
    if (line === '') break
    const name = line.replace(/\\$/, '').trim()
    if (name !== '' && !name.startsWith('$(')) files.push(name)
  }
  return files
}

/** The last simple command of a recorded command list: the objcopy that follows a check, or the whole command. */
export function lastCommand(command: string): string[] | undefined {
  const last = command.split(/;|&&|\|\|/).at(-1)
  return last === undefined ? undefined : shellWords(last)
}
