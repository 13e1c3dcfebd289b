/**
 * Which units may read a header, without a build: those that the configuration compiles (`configured.ts`), by what their
 * texts name (`includes.ts`). It is more than what reads it; who cannot see the change is left out later, by its
 * preprocessed text, and whose objects stay the same has nothing to do with it.
 *
 * Which mistake is worse: one that is missed is a part of the fix that is lost. So what the build makes for itself is among
 * them (numbers of structures for assembly, the linker's script), and what is put into the kernel as bytes: where that
 * changes, the patch is refused.
 */
import { InputError } from '../../base/errors.ts'
import type { Dependent, Unit } from '../model.ts'
import { shellWords } from '../words.ts'
import { type Configured, type ConfiguredOptions, configuredUnits } from './configured.ts'
import { Includes } from './includes.ts'
import { commandsIn, moduleIn, readMakeCommands, type UnitCommands } from './make-commands.ts'

/** The units that may read one of `headers`, paths below the tree's folder; `ownStep` is objtool where it is left to all. */
export async function headerUsers(
  headers: readonly string[],
  isElsewhere: (source: string) => boolean,
  options: ConfiguredOptions & { readonly ownStep: readonly string[] | undefined },
): Promise<readonly Dependent[]> {
  const includes = new Includes(options.folder)
  const users = (await configuredUnits(options)).flatMap(each => {
    const may = includes.of(each.source, roughWords(each))
    const because = may.open ? headers : headers.filter(path => may.has(path))
    return because.length === 0 ? [] : [{ each, because, reads: [...new Set([...may.files, ...because])] }]
  })
  if (users.length > MOST_USERS) {
    throw new InputError(
      'linux/header-users-unknown',
      `the patch touches ${headers.join(', ')}, which ${users.length} units may read; which of them see what changes there cannot be told for more than ${MOST_USERS}`,
      'put what the patch changes there into the sources that need it',
    )
  }
  return users.map(({ each, because, reads }) => {
    const unit = unitOf(each, isElsewhere(each.source), options.folder)
    const isBare = unit.role === 'linked' && unit.objcopy.length === 0 && options.ownStep !== undefined
    return { unit: isBare ? { ...unit, objcopy: [options.ownStep] } : unit, because, reads }
  })
}

/** Each is compiled twice, or three times: so many take minutes. */
const MOST_USERS = 300

/** Enough for the folders that are searched, which no shell is needed for. */
const roughWords = ({ line, unit, source }: Configured): readonly string[] => {
  const end = line.indexOf(` -o ${unit} `)
  const words = line.slice(line.lastIndexOf(';', end) + 1, line.indexOf(source, end)).trim()
  return words.split(/\s+/)
}

function unitOf(each: Configured, isElsewhere: boolean, folder: string): Unit {
  const { unit, source } = each
  const known = isElsewhere || !unit.endsWith('.o') ? undefined : knownCommands(each)
  const isAssembly = source.endsWith('.S')
  const sections = isAssembly ? [] : ['-ffunction-sections', '-fdata-sections']
  return {
    unit: unit.replace(/\.(?:s|lds)$/, '.o'),
    source,
    command: known === undefined ? asObject(compileIn(each)) : [...known.compile, ...sections],
    folder,
    dependencies: [source],
    language: isAssembly ? 'assembly' : 'c',
    role: known === undefined ? 'embedded' : 'linked',
    ...(known === undefined ? {} : moduleIn(known.compile)),
    object: undefined,
    original: 'compiled',
    objcopy: known?.objtool === undefined ? [] : [known.objtool],
    sparesDebug: known !== undefined && !isAssembly,
  }
}

/** Undefined where what is done with the object is not known: then it must stay as it is. */
function knownCommands({ line, unit, source }: Configured): UnitCommands | undefined {
  try {
    return readMakeCommands(line, { unit, source, isSource: word => word === source })
  } catch (error) {
    if (error instanceof InputError) return undefined
    throw error
  }
}

function compileIn({ line, unit, source }: Configured): readonly string[] {
  const commands = commandsIn(line).map(text => shellWords(text.trim()) ?? [])
  const found = commands.find(words => words[words.indexOf('-o') + 1] === unit && words.at(-1) === source)
  if (found !== undefined) return found
  throw new InputError(
    'linux/no-command',
    `make does not say in words that are known how ${unit} is made of ${source}`,
    'put what the patch changes in headers into the sources that need it',
  )
}

/** Compiled to the end, where the build stops at assembly or text: what comes out is only compared. */
function asObject(words: readonly string[]): readonly string[] {
  const kept = words.flatMap(word => (word === '-S' || word === '-E' || word === '-P' ? [] : [word]))
  const at = kept.indexOf('-o')
  const named = kept.map((word, index) => (index === at + 1 ? word.replace(/\.(?:s|lds)$/, '.o') : word))
  return named.includes('-c') ? named : [...named.slice(0, at), '-c', ...named.slice(at)]
}
