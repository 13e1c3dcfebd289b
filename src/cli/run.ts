/** From the command line to an exit code. Only the command that was called is loaded. */
import { Command, CommanderError, type CommandUnknownOpts } from '@commander-js/extra-typings'
import { InputError, InternalError } from '../base/errors.ts'
import { attempt } from './attempt.ts'
import type { Host } from './command-host.ts'
import { COMMANDS } from './commands.ts'
import { type Ending, exitCode } from './exit-code.ts'
import { rootHelp } from './help.ts'
import { VERSION } from './version.ts'

export async function run(args: readonly string[], signal: AbortSignal): Promise<number> {
  // Help and the version are all there is to do unless a command says otherwise.
  let ending: Ending = 'done'
  const host = {
    signal,
    isVerbose: false,
    ended: (how: Ending) => {
      ending = how
    },
    program: () => wholeProgram(host),
  }
  try {
    const program = await programFor(args, host)
    program.hook('preAction', (_, called) => {
      host.isVerbose = called.opts()[VERBOSE] === true
    })
    await program.parseAsync(args, { from: 'user' })
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error
    if (error.exitCode !== 0) ending = await usageError(args, error, signal)
  }
  return exitCode(ending)
}

function programFor(args: readonly string[], host: Host): Promise<Command> {
  const called = calledCommand(args)
  return programWith(name => name === called, host)
}

/** With all of every command's help. */
export const wholeProgram = (host: Host): Promise<Command> => programWith(() => true, host)

/** Commands that are not loaded have a name and a summary only. */
async function programWith(isLoaded: (name: string) => boolean, host: Host): Promise<Command> {
  const program = new Command('hotsplice')
    .description('Builds hotpatches for running systems software, and explains why each part is in them.')
    .version(VERSION, '-V, --version', 'print the version')
    .helpOption('-h, --help', 'print help')
    .helpCommand('help [command]', 'print help for a command')
    .addHelpText('after', rootHelp())
    .showSuggestionAfterError(true)
    // What is wrong is told in one place, by usageError.
    .configureOutput({ outputError: () => undefined })
    .exitOverride()
  for (const { name, summary, load } of COMMANDS) {
    if (!isLoaded(name)) program.command(name).description(summary)
    else
      program.addCommand(
        withVerbose((await load()).define(host))
          .copyInheritedSettings(program)
          .summary(summary),
      )
  }
  return program
}

const VERBOSE = 'verbose'

/** Whatever writes JSON can say in words beside it what it did. */
function withVerbose(command: CommandUnknownOpts): CommandUnknownOpts {
  for (const below of command.commands) withVerbose(below)
  const writesJson = command.options.some(({ long }) => long === '--json')
  return writesJson
    ? command.option(`-v, --${VERBOSE}`, 'with --json -, print the text too, on standard error')
    : command
}

/** The first word that is not an option; `help build` is about build. */
function calledCommand(args: readonly string[]): string | undefined {
  const words = args.filter(arg => !arg.startsWith('-'))
  return words[0] === 'help' ? words[1] : words[0]
}

/** A command line that makes no sense is bad input; JSON that it asks for is written all the same. */
function usageError(args: readonly string[], error: CommanderError, signal: AbortSignal): Promise<Ending> {
  const called = calledCommand(args)
  const help = COMMANDS.some(({ name }) => name === called) ? `hotsplice ${called} --help` : 'hotsplice --help'
  // Without any command commander has shown the help already.
  if (error.code === 'commander.help') return Promise.resolve('bad-input')
  return failedRun(args, signal, () => {
    const fact = error.message.replace(/^error: /, '').replace(/\n\(?/g, ' (')
    throw new InputError('cli/usage', fact, `\`${help}\` shows how it is used`)
  })
}

/** What a command says and writes that was stopped where it stood. */
export async function interruptedRun(args: readonly string[], signal: AbortSignal): Promise<number> {
  return exitCode(await failedRun(args, signal, () => signal.throwIfAborted()))
}

function failedRun(args: readonly string[], signal: AbortSignal, fail: () => void): Promise<Ending> {
  const called = calledCommand(args)
  return attempt({
    json: fileAskedFor(args, '--json'),
    command: called,
    host: { signal, isVerbose: false },
    failed: async (reported, ending) => {
      const sarif = called === 'build' ? fileAskedFor(args, '--sarif') : undefined
      if (sarif !== undefined) (await import('./sarif-file.ts')).writeFailedSarif(sarif, reported, ending)
    },
    work: () => {
      fail()
      throw new InternalError('a failed run does not end well')
    },
  })
}

function fileAskedFor(args: readonly string[], option: string): string | undefined {
  const at = args.findIndex(arg => arg === option || arg.startsWith(`${option}=`))
  const arg = args[at]
  return arg === option ? args[at + 1] : arg?.slice(option.length + 1)
}
