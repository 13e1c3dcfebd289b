/** What a unit's command says about the question who can see an edit. */
import type { Unit } from '../model.ts'

/**
 * Options by which a compiler keeps what nobody uses, counts it, or writes down where in its line it stands; reads texts in
 * another way, or takes orders that we do not see.
 */
const NOT_ORDINARY =
  /^(?:-fkeep-|-femit-all-decls|-fopen(?:mp|acc)|-fsanitize=|-fcoverage|-fpass-plugin|-fno-toplevel-reorder|-fno-unit-at-a-time|-fprofile|-ftest-coverage|-aux-info|-fdump|-fplugin|-flto|-?-coverage$|-Xclang$|-Xpreprocessor$|-Wp,(?!-M[A-Z]*(?:,[^,]*)?$)|--(?:un)?define-macro|-specs|-wrapper|-traditional|-ftrapv-handler|-ftrap-function|--config|-?-ansi$|-?-std=(?:c8|c90|iso9899:199[04])|--std$|-fpreprocessed|-fdirectives-only|-finput-charset|-fmodules|@)/
const C_PLUS_PLUS = /\.(?:CC?|cc|cp|cpp|cxx|CPP|CXX|[cC]\+\+|ii|mm?|M|cl|cu)$/
const WITH_TRIGRAPHS = /^--?(?:f?trigraphs|std=(?:c|iso).*)$/

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

/** The definitions of the command line, as a text; undefined where it may take others. */
export function definedBy({ command }: Unit): string | undefined {
  const lines: string[] = []
  for (const [at, word] of command.entries()) {
    if (/^-imacros/.test(word)) return undefined
    const isDefine = word.startsWith('-D')
    const value = isDefine && word === '-D' ? (command[at + 1] ?? '') : word.slice(2)
    if (!isDefine) continue
    const end = value.indexOf('=')
    lines.push(`#define ${end === -1 ? `${value} 1` : `${value.slice(0, end)} ${value.slice(end + 1)}`}\n`)
  }
  return lines.join('')
}
