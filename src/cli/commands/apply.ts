import type { Host } from '../command-host.ts'
import { defineAction } from './act.ts'

export const define = (cli: Host) =>
  defineAction(cli, {
    action: 'apply',
    description: 'Puts a payload to work: the functions it replaces are replaced from now on.',
    example: 'put it to work',
  })
