/**
 * How the kernel's build compiles one unit, read from what make would run: `make -n` prints it, and runs nothing of it.
 *
 *     set -e; echo '  CC      fs/proc/cmdline.o'; trap 'rm …' HUP; …; gcc -Wp,-MMD,… -c -o fs/proc/cmdline.o
 *       fs/proc/cmdline.c   ; ./tools/objtool/objtool --orc … fs/proc/cmdline.o; scripts/basic/fixdep …
 *
 * What stands between the compiler and fixdep makes the object what it is. objtool is known; anything else is not, and
 * a unit that has it is refused.
 */
import { InputError } from '../../base/errors.ts'
import { plainName } from '../../loaders/linux/module-name.ts'
import { shellWords } from '../words.ts'

export interface UnitCommands {
  /** The compiler's words. */
  readonly compile: readonly string[]
  /** objtool with its options, without the object; undefined where the build has no such step for the unit. */
  readonly objtool: readonly string[] | undefined
}

/** A unit, and whether a word of its command names its source, which make calls by its place below the build's folder or by its own. */
interface MadeFrom {
  readonly unit: string
  readonly source: string
  readonly isSource: (word: string) => boolean
}

/** `output` of make for `unit` (`fs/proc/cmdline.o`), made of `source`; `kept`: the file beside an object that is there already. */
export function readMakeCommands(output: string, made: MadeFrom, kept = ''): UnitCommands {
  const { unit, source } = made
  const printed = commandsFor(output, made)
  const found = printed.length > 0 ? printed : commandsFor(keptCommand(kept, unit), made)
  const [steps, another] = found
  const compile = steps?.[0]?.words
  if (steps === undefined || compile === undefined || another !== undefined) {
    throw new InputError(
      'linux/no-command',
      `make does not say how ${unit} is compiled from ${source}: ${found.length === 0 ? 'it names no such command' : `it names ${found.length}`}`,
      'is the unit part of this configuration, and the tree prepared with it (make olddefconfig prepare)?',
    )
  }
  const end = steps.findIndex(({ text }) => /^\S*basic\/fixdep /.test(text))
  const between = end === -1 ? undefined : steps.slice(1, end)
  const [own, ...others] = between ?? []
  const objtool = own?.words
  const isKnown = objtool === undefined || (isObjtool(objtool, unit) && others.length === 0)
  if (between === undefined || !isKnown) {
    const shown = between?.find(({ words }) => !isObjtool(words, unit))?.text.slice(0, 200)
    throw new InputError(
      'linux/unknown-step',
      `what the build does with ${unit} after it is compiled is not known: ${shown ?? 'the end of it is not found'}`,
      'such units cannot be patched yet; change the caller of what the patch changes, in another file',
    )
  }
  return { compile, objtool: objtool?.slice(0, -1) }
}

const KEPT = ' := '

/**
 * What is known of a unit that has been compiled, as make would print it: make says nothing then, and has compared the command that
 * it keeps beside the object (`.cmdline.o.cmd`: scripts/Kbuild.include, make-cmd) with the one that there would be. Empty where
 * `kept` has none.
 */
function keptCommand(kept: string, unit: string): string {
  const found = kept
    .split('\n')
    .find(line => line.startsWith(`cmd_${unit}${KEPT}`) || line.startsWith(`savedcmd_${unit}${KEPT}`))
  if (found === undefined) return ''
  // make-cmd: a `$` is doubled, and what begins a comment has a name.
  const command = found
    .slice(found.indexOf(KEPT) + KEPT.length)
    .replace(/\$\$|\$\(pound\)/g, each => (each === '$$' ? '$' : '#'))
  // It is kept up to where fixdep begins.
  return `${command} ; scripts/basic/fixdep ${unit}`
}

/** The module that a unit is a part of, by the compiler's words (scripts/Makefile.lib: modname_flags). */
export function moduleIn(compile: readonly string[]): { readonly module?: string } {
  if (!compile.includes('-DMODULE')) return {}
  const name = compile.flatMap(word => /^-DKBUILD_MODNAME="?([^"]+)"?$/.exec(word)?.[1] ?? [])[0]
  if (name !== undefined && !name.includes(':')) return { module: plainName(name) }
  throw new InputError(
    'linux/several-modules',
    `which module the unit is a part of is not plain: ${name ?? 'its command does not say'}`,
    'such units cannot be patched yet; change the caller of what the patch changes, in another file',
  )
}

/** From the compiler on, of each line that has it. */
function commandsFor(output: string, made: MadeFrom) {
  return output.split('\n').flatMap(line => {
    const commands = commandsIn(line).map(text => ({ text: text.trim(), words: shellWords(text) ?? [] }))
    const at = commands.findIndex(({ words }) => isCompile(words, made))
    return at === -1 ? [] : [commands.slice(at)]
  })
}

/** The last word is the source, as the kernel's rules have it. */
function isCompile(words: readonly string[], { unit, isSource }: MadeFrom): boolean {
  const output = words.indexOf('-o')
  return words.includes('-c') && output !== -1 && words[output + 1] === unit && isSource(words.at(-1) ?? '')
}

function isObjtool(words: readonly string[], unit: string): boolean {
  return words[0]?.endsWith('objtool/objtool') === true && words.at(-1) === unit
}

/** The simple commands of a list, split where the shell ends one. */
export function commandsIn(line: string): readonly string[] {
  const commands: string[] = []
  let start = 0
  let quote = ''
  for (let at = 0; at < line.length; at++) {
    const char = line.charAt(at)
    if (quote !== '') {
      if (char === quote) quote = ''
      else if (quote === '"' && char === '\\') at++
    } else if (char === "'" || char === '"') quote = char
    else if (char === '\\') at++
    else if (char === ';') {
      commands.push(line.slice(start, at))
      start = at + 1
    }
  }
  return [...commands, line.slice(start)]
}
