import type { Host } from '../command-host.ts'
import { defineAction } from './act.ts'

export const define = (cli: Host) =>
  defineAction(cli, {
    action: 'replace',
    description: 'Takes all payloads out of work and puts this one to work, in one go.',
    example: 'this one instead of all others',
  })
