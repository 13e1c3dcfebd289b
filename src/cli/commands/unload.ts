import type { Host } from '../command-host.ts'
import { defineAction } from './act.ts'

export const define = (cli: Host) =>
  defineAction(cli, {
    action: 'unload',
    description: 'Removes a payload that is not at work.',
    example: 'free what it took',
  })
