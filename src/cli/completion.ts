/**
 * Completion scripts for shells, made of what help says. They hold all words, so that no key press starts a program. To add
 * a shell: a row in SHELLS.
 *
 * Each finds first which command the words before the cursor call, then offers the values of an option, or options, or
 * commands and values of arguments; where nothing is known, the shell offers files.
 */
import { allCommands, type DescribedCommand, type DescribedOption } from './command-tree.ts'

export type Shell = 'bash' | 'zsh' | 'fish'

const SHELLS: Readonly<Record<Shell, (commands: readonly DescribedCommand[]) => string>> = { bash, zsh, fish }

export function completionScript(shell: Shell, program: DescribedCommand): string {
  return SHELLS[shell](allCommands(program))
}

const pathOf = ({ path }: DescribedCommand) => path.join(' ')
const paths = (commands: readonly DescribedCommand[]) => commands.map(pathOf).filter(path => path !== '')
/** The name of each command below, and what its arguments may be. */
const wordsOf = (command: DescribedCommand) => [
  ...command.commands.map(({ path }) => path.at(-1) ?? ''),
  ...command.arguments.flatMap(({ choices }) => choices),
]

/** `'it'\''s'`: one word of any shell's, on one line. */
const quoted = (text: string) => `'${text.replaceAll('\n', ' ').replaceAll("'", "'\\''")}'`

/** Rows of a `case`: the values of options of each command that has such. */
function valueRows(commands: readonly DescribedCommand[], row: (option: DescribedOption) => string | undefined) {
  return commands.flatMap(command =>
    command.options.flatMap(option => {
      const text = option.takesValue ? row(option) : undefined
      return text === undefined
        ? []
        : option.names.map(name => `    ${quoted(`${pathOf(command)} ${name}`)}) ${text} ;;`)
    }),
  )
}

/** A shell's own expansion. */
const braced = (text: string) => `$\{${text}}`

const isFolder = ({ value }: DescribedOption) => value === 'dir'

/** Which command is called: the longest known run of words, options left out. Of bash and zsh, but for their arrays. */
const called = (commands: readonly DescribedCommand[], words: string) => [
  "  local at='' word known",
  `  for word in ${words}; do`,
  `    for known in ${paths(commands).map(quoted).join(' ')}; do`,
  '      if [[ "$at $word" == "$known" || "$word" == "$at$known" ]]; then at=$known; break; fi',
  '    done',
  '  done',
]

function bash(commands: readonly DescribedCommand[]): string {
  const reply = (words: readonly string[]) => `COMPREPLY=($(compgen -W ${quoted(words.join(' '))} -- "$cur"))`
  const values = valueRows(commands, option => {
    if (option.choices.length > 0) return `${reply(option.choices)}; return`
    return isFolder(option) ? 'COMPREPLY=($(compgen -d -- "$cur")); return' : 'return'
  })
  return script([
    '# Completion of hotsplice for bash: source <(hotsplice completion bash)',
    '_hotsplice() {',
    `  local cur=${braced('COMP_WORDS[COMP_CWORD]')} prev=${braced('COMP_WORDS[COMP_CWORD-1]')}`,
    '  COMPREPLY=()',
    ...called(commands, `"${braced('COMP_WORDS[@]:1:COMP_CWORD-1')}"`),
    '  case "$at $prev" in',
    ...values,
    '  esac',
    '  if [[ $cur == -* ]]; then case "$at" in',
    ...commands.map(each => `    ${quoted(pathOf(each))}) ${reply(each.options.flatMap(({ names }) => names))} ;;`),
    '  esac; else case "$at" in',
    ...commands
      .filter(each => wordsOf(each).length > 0)
      .map(each => `    ${quoted(pathOf(each))}) ${reply(wordsOf(each))} ;;`),
    '  esac; fi',
    '}',
    'complete -o default -o bashdefault -F _hotsplice hotsplice',
  ])
}

function zsh(commands: readonly DescribedCommand[]): string {
  const described = (rows: readonly (readonly [word: string, text: string])[]) =>
    rows.map(([word, text]) => quoted(`${word.replaceAll(':', '\\:')}:${text.replaceAll(':', '\\:')}`)).join(' ')
  const offer = (rows: readonly (readonly [word: string, text: string])[]) =>
    `found=(${described(rows)}); _describe hotsplice found`
  const values = valueRows(commands, option => {
    if (option.choices.length > 0) return `compadd -- ${option.choices.map(quoted).join(' ')}; return`
    return isFolder(option) ? '_files -/; return' : '_files; return'
  })
  const optionsOf = (command: DescribedCommand) =>
    command.options.flatMap(({ names, text }) => names.map(name => [name, text] as const))
  const rowsOf = (command: DescribedCommand) => [
    ...command.commands.map(({ path, summary }) => [path.at(-1) ?? '', summary] as const),
    ...command.arguments.flatMap(({ choices, text }) => choices.map(choice => [choice, text] as const)),
  ]
  return script([
    '#compdef hotsplice',
    '# Completion of hotsplice for zsh: hotsplice completion zsh > DIR/_hotsplice, with DIR in $fpath',
    '_hotsplice() {',
    '  local -a found',
    ...called(commands, `"${braced('(@)words[2,CURRENT-1]')}"`),
    '  case "$at $words[CURRENT-1]" in',
    ...values,
    '  esac',
    '  if [[ $PREFIX == -* ]]; then case "$at" in',
    ...commands.map(each => `    ${quoted(pathOf(each))}) ${offer(optionsOf(each))}; return ;;`),
    '  esac; else case "$at" in',
    ...commands
      .filter(each => wordsOf(each).length > 0)
      .map(each => `    ${quoted(pathOf(each))}) ${offer(rowsOf(each))}; return ;;`),
    '  esac; fi',
    '  _files',
    '}',
    '(( $+functions[compdef] )) && compdef _hotsplice hotsplice',
  ])
}

function fish(commands: readonly DescribedCommand[]): string {
  const plain = (text: string) => `'${text.replaceAll('\n', ' ').replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`
  const at = (command: DescribedCommand) => `complete -c hotsplice -n ${plain(`__hotsplice_at "${pathOf(command)}"`)}`
  const options = commands.flatMap(command =>
    command.options.map(({ names, text, takesValue, choices }) => {
      const spelled = names.map(name => (name.startsWith('--') ? `-l ${name.slice(2)}` : `-s ${name.slice(1)}`))
      const value = choices.length > 0 ? ` -x -a ${plain(choices.join(' '))}` : takesValue ? ' -r' : ''
      return `${at(command)} ${spelled.join(' ')}${value} -d ${plain(text)}`
    }),
  )
  const words = commands.flatMap(command => [
    ...command.commands.map(each => `${at(command)} -a ${plain(each.path.at(-1) ?? '')} -d ${plain(each.summary)}`),
    ...command.arguments.flatMap(({ choices, text }) =>
      choices.map(choice => `${at(command)} -a ${plain(choice)} -d ${plain(text)}`),
    ),
  ])
  return script([
    '# Completion of hotsplice for fish: hotsplice completion fish > ~/.config/fish/completions/hotsplice.fish',
    'function __hotsplice_at',
    '  set -l at',
    '  for word in (commandline -opc)[2..-1]',
    '    set -l longer (string trim -- "$at $word")',
    `    if contains -- $longer ${paths(commands).map(plain).join(' ')}`,
    '      set at $longer',
    '    end',
    '  end',
    '  test "$at" = "$argv[1]"',
    'end',
    ...words,
    ...options,
  ])
}

const script = (lines: readonly string[]) => `${lines.join('\n')}\n`
