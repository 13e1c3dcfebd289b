/** A program's tree with compile_commands.json: it says how units are compiled, and nothing of what is made from what. */
import { resolve } from 'node:path'
import { PROCESS } from '../../loaders/process/process.ts'
import type { TouchedFile } from '../../source/model.ts'
import type { Tree } from '../model.ts'
import { NO_SCRIPTS, NOT_CONFIGURED, NOT_GENERATED, type TreeKind, type Unread } from '../tree-kind.ts'
import { programFile } from './kinds.ts'
import { unitsOfListedSources } from './listed-sources.ts'
import { findCompileCommands, openCompileCommands } from './open.ts'
import { PROGRAM_PATHS } from './paths.ts'

export const COMPILE_COMMANDS: TreeKind = {
  ...PROGRAM_PATHS,
  loader: PROCESS,
  image: 'program',
  probes: () => [],
  buildsFirst: () => false,
  open: options => {
    const commands = findCompileCommands(resolve(options.tree), options.buildDir)
    return commands === undefined ? undefined : openCompileCommands(commands, options)
  },
  unitsOfBuildFiles: unitsOfListedSources,
  generatedUnder: () => Promise.resolve(NOT_GENERATED),
  changedScripts: () => Promise.resolve(NO_SCRIPTS),
  configured: () => Promise.resolve(NOT_CONFIGURED),
  withoutUnused: (_, affected) => ({ affected, notices: [] }),
  unread,
}

function unread(_: Tree, { oldPath, newPath }: TouchedFile): Unread {
  const path = newPath ?? oldPath ?? ''
  if (programFile(path) === 'aside') {
    const text = `${path} is read by no unit of compile_commands.json`
    return { code: 'not-compiled', text, wayOut: undefined, mayBeEmbedded: true }
  }
  return {
    code: 'unknown-file',
    text: `${path} is read by no unit of compile_commands.json; whether sources are made from it is not recorded`,
    wayOut: 'leave the file out of this patch; where a source is generated from it, patch what is generated',
    mayBeEmbedded: true,
  }
}
