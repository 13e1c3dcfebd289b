#!/usr/bin/env node
/** The `hotsplice` command as it is started; what it does stands in command.ts. */
import { join } from 'node:path'
import { launch } from './launch.ts'

launch(join(__dirname, 'command.cjs'))
