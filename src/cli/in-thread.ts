/** What the thread of a command does first. */
import { parentPort, workerData } from 'node:worker_threads'
import { InternalError } from '../base/errors.ts'
import { commandThread } from './command-thread.ts'
import { run } from './run.ts'

if (parentPort === null) throw new InternalError('the thread of a command was started as a process')
void commandThread(parentPort, workerData, signal => run(process.argv.slice(2), signal))
