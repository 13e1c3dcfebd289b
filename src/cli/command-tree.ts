/**
 * All commands as data, read from what commander shows as help: the man page and the completion scripts are made of it, so
 * that they say what help says.
 */
import type { CommandUnknownOpts, Option } from '@commander-js/extra-typings'

export interface DescribedCommand {
  /** The words that call it: none for `hotsplice` itself, `fleet build` for a command of a command. */
  readonly path: readonly string[]
  readonly usage: string
  readonly summary: string
  readonly description: string
  readonly arguments: readonly { readonly term: string; readonly text: string; readonly choices: readonly string[] }[]
  readonly options: readonly DescribedOption[]
  /** Below the options: what else there is to know, examples and exit codes. */
  readonly after: string
  readonly commands: readonly DescribedCommand[]
}

export interface DescribedOption {
  /** As help has it: `-o, --output <file>`. */
  readonly flags: string
  /** `-o` and `--output`. */
  readonly names: readonly string[]
  readonly text: string
  readonly takesValue: boolean
  /** What a value is called: `file`. */
  readonly value: string
  readonly choices: readonly string[]
}

export function describeCommand(command: CommandUnknownOpts, path: readonly string[] = []): DescribedCommand {
  const help = command.createHelp()
  const isOwn = (each: CommandUnknownOpts) => each.name() !== 'help'
  return {
    path,
    usage: help.commandUsage(command),
    summary: command.summary() || command.description(),
    description: command.description(),
    arguments: help.visibleArguments(command).map(argument => ({
      term: help.argumentTerm(argument),
      text: help.argumentDescription(argument),
      choices: argument.argChoices ?? [],
    })),
    options: help.visibleOptions(command).map(option => ({
      flags: option.flags,
      names: [option.short, option.long].flatMap(name => name ?? []),
      text: help.optionDescription(option),
      takesValue: option.required || option.optional,
      value: placeholderOf(option),
      choices: option.argChoices ?? [],
    })),
    after: textAfter(command),
    commands: command.commands.filter(isOwn).map(each => describeCommand(each, [...path, each.name()])),
  }
}

/** Every command below, and itself. */
export function allCommands(command: DescribedCommand): readonly DescribedCommand[] {
  return [command, ...command.commands.flatMap(allCommands)]
}

const placeholderOf = ({ flags }: Option) => /[<[]([^>\]]*)/.exec(flags)?.[1]?.replace('...', '') ?? ''

/** What was added to commander's own help, which only tells it when it prints. */
function textAfter(command: CommandUnknownOpts): string {
  let text = ''
  command.configureOutput({ ...command.configureOutput(), writeOut: part => (text += part) })
  command.outputHelp()
  return text.slice(command.helpInformation().length).trim()
}
