/**
 * Options by which a unit's object has each thing apart, beside those that its command has.
 *
 * Without optimisation gcc puts all strings of a unit into one section, and nothing says where one ends: when one grows,
 * all others move. It is tempting to cut them at their NULs; but one that holds a NUL would be cut in two, and whoever
 * reads on from the first would not see that the second changed. The compiler knows, and tells when it may merge them.
 * What code it makes does not depend on it.
 */
import { basename } from 'node:path'
import { takeApart } from '../command.ts'
import { findProgram } from '../find-program.ts'
import { realOrSelf } from '../layout.ts'

const SECTIONS = ['-ffunction-sections', '-fdata-sections']
const MERGE = '-fmerge-constants'

/** What is to be added to the words of a command that runs in `folder`; empty where nothing is. */
export function optionsToSplit(words: readonly string[], folder: string): readonly string[] {
  const sections = SECTIONS.every(option => words.includes(option)) ? [] : SECTIONS
  return keepsStringsTogether(words) && !isClang(words, folder) ? [...sections, MERGE] : sections
}

/** GCC 12, "Options That Control Optimization": -fmerge-constants is on from -O on; of several options the last counts. */
function keepsStringsTogether(words: readonly string[]): boolean {
  const said = words.findLast(word => word === MERGE || word === '-fno-merge-constants')
  if (said !== undefined) return said !== MERGE
  const level = words.findLast(word => /^-O/.test(word))
  return level === undefined || level === '-O0'
}

/** Clang always tells, and warns of the option, which may be an error to it. */
function isClang(words: readonly string[], folder: string): boolean {
  const { compiler } = takeApart(words)
  return basename(realOrSelf(findProgram(compiler, folder) ?? compiler)).includes('clang')
}
