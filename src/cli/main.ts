#!/usr/bin/env node
/** The `hotsplice` command. */
import { exitCode } from './exit-code.ts'
import { interruptSignal } from './interrupt.ts'
import { run } from './run.ts'
import { say } from './terminal.ts'

const code = run(process.argv.slice(2), interruptSignal())

process.stdout.on('error', error => {
  // A reader that has seen enough (`| head`) is no failure.
  if ('code' in error && error.code === 'EPIPE') return
  say(process.stderr, `error: standard output cannot be written: ${error.message} [cli/cannot-write]\n`)
  // What went wrong besides counts more.
  void code.then(ended => (process.exitCode = ended || exitCode('bad-input')))
})
// Where words to the user go nowhere, nobody can be told.
process.stderr.on('error', () => undefined)

process.exitCode = await code
