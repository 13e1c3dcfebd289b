/** What a unit's command says about the question who can see an edit. */
import type { Unit } from '../model.ts'

/**
 * Options by which a compiler keeps what nobody uses, counts it, or writes down where in its line it stands; reads texts in
 * another way, or takes orders that we do not see.
 */
const NOT_ORDINARY =
  /^(?:-fkeep-|-femit-all-decls|-fopen(?:mp|acc)|-fsanitize=|-fcoverage|-fpass-plugin|-fno-toplevel-reorder|-fno-unit-at-a-time|-fprofile|-ftest-coverage|-aux-info|-fdump|-fplugin|-flto|-?-coverage$|-Xclang$|-Xpreprocessor$|-Wp,(?!-M[A-Z]*(?:,[^,]*)?$)|--(?:un)?define-macro|-specs|-wrapper|-traditional|-ansi$|-std=(?:c8|c90|iso9899:199[04])|-fpreprocessed|-fdirectives-only|-finput-charset|-fmodules|@)/
const C_PLUS_PLUS = /\.(?:C|cc|cp|cpp|cxx|CPP|c\+\+|ii|mm?)$/
const WITH_TRIGRAPHS = /^(?:-f?trigraphs|-std=(?:c|iso).*)$/

export function isOrdinary({ language, source, command, dependencies }: Unit): boolean {
  const isOther = command.some((word, at) => word === '-x' && command[at + 1] !== 'c')
  return (
    language === 'c' &&
    !isOther &&
    !C_PLUS_PLUS.test(source) &&
    !command.some(word => NOT_ORDINARY.test(word) || word.includes('++') || word.includes('\n') || /^-x./.test(word)) &&
    !dependencies.some(path => path.endsWith('.gch') || path.endsWith('.pch'))
  )
}

export function hasTrigraphs({ command }: Unit): boolean {
  return command.some(word => WITH_TRIGRAPHS.test(word))
}

/** What the command defines, each as a text that does the same. */
export function definedBy({ command }: Unit): readonly string[] {
  return command.flatMap((word, at) => {
    const before = command[at - 1]
    if (before === '-D') return [defining(word)]
    if (before === '-U') return [`#undef ${word}\n`]
    if (word.startsWith('-U') && word !== '-U') return [`#undef ${word.slice(2)}\n`]
    return word.startsWith('-D') && word !== '-D' ? [defining(word.slice(2))] : []
  })
}

function defining(given: string): string {
  const at = given.indexOf('=')
  return at === -1 ? `#define ${given} 1\n` : `#define ${given.slice(0, at)} ${given.slice(at + 1)}\n`
}

/** Macros that compilers bring along and that join what they are given; others become numbers and words of types. */
export const BROUGHT_ALONG = [
  'INT8',
  'INT16',
  'INT32',
  'INT64',
  'INTMAX',
  'UINT8',
  'UINT16',
  'UINT32',
  'UINT64',
  'UINTMAX',
]
  .flatMap(name => ['L', 'LL', 'U', 'UL', 'ULL'].map(suffix => `#define __${name}_C(c) c ## ${suffix}\n`))
  .join('')
