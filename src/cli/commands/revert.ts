import type { Host } from '../command-host.ts'
import { defineAction } from './act.ts'

export const define = (cli: Host) =>
  defineAction(cli, {
    action: 'revert',
    description: 'Reverts a payload; the last one applied goes first.',
    example: 'the old functions again',
  })
