import type { Host } from '../command-host.ts'
import { defineAction } from './act.ts'

export const define = (cli: Host) =>
  defineAction(cli, {
    action: 'replace',
    description: 'Reverts all payloads and applies this one, in one go.',
    example: 'this one instead of all others',
  })
