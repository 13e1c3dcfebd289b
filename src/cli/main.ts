#!/usr/bin/env node
/** The `hotsplice` command. */
import { interruptSignal } from './interrupt.ts'
import { run } from './run.ts'

// A reader that has seen enough (`| head`) is no failure.
process.stdout.on('error', error => {
  if (!('code' in error) || error.code !== 'EPIPE') throw error
})

process.exitCode = await run(process.argv.slice(2), interruptSignal())
