import type { Host } from '../command-host.ts'
import { defineAction } from './act.ts'

export const define = (cli: Host) =>
  defineAction(cli, {
    action: 'apply',
    description: 'Applies an uploaded payload: the functions that it replaces are replaced from now on.',
    example: 'apply it',
  })
