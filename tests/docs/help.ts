/** All commands with their help, as data. */
import { allCommands, type DescribedCommand, describeCommand } from '../../src/cli/command-tree.ts'
import { wholeProgram } from '../../src/cli/run.ts'

export async function describedProgram(): Promise<DescribedCommand> {
  const { signal } = new AbortController()
  const host = { signal, isVerbose: false, ended: () => undefined, program: () => wholeProgram(host) }
  return describeCommand(await wholeProgram(host))
}

export async function describedCommands(): Promise<readonly DescribedCommand[]> {
  return allCommands(await describedProgram())
}
