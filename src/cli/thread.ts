/** The thread of a command as it is started; what it does stands in in-thread.ts. */
import { join } from 'node:path'
import { launch } from './launch.ts'

launch(join(__dirname, 'in-thread.cjs'))
