/**
 * The commands, in the order in which help lists them. To add one: a row here, and its file in commands/.
 * A file is loaded only when its command is called: start-up is the user's time.
 */
import type { CommandUnknownOpts } from '@commander-js/extra-typings'
import type { Host } from './command-host.ts'

export type Define = (host: Host) => CommandUnknownOpts

export interface CommandRow {
  readonly name: string
  readonly summary: string
  readonly load: () => Promise<{ readonly define: Define }>
}

export const COMMANDS: readonly CommandRow[] = [
  {
    name: 'build',
    summary: 'build a payload from a source tree and a patch',
    load: () => import('./commands/build.ts'),
  },
  {
    name: 'fleet',
    summary: 'build every fix for every base that runs; say what each host needs, and roll it out',
    load: () => import('./commands/fleet.ts'),
  },
  {
    name: 'assist',
    summary: 'write a source that takes the way out of a refusal, for build --with',
    load: () => import('./commands/assist.ts'),
  },
  {
    name: 'advise',
    summary: 'put the modes of line numbers for a patch side by side',
    load: () => import('./commands/advise.ts'),
  },
  {
    name: 'diff',
    summary: 'say which functions and data differ between two objects',
    load: () => import('./commands/diff.ts'),
  },
  {
    name: 'explain',
    summary: 'say from a report why something is in the payload, or why not',
    load: () => import('./commands/explain.ts'),
  },
  {
    name: 'report',
    summary: 'write the page that people decide from: one file, for a browser',
    load: () => import('./commands/report.ts'),
  },
  {
    name: 'inspect',
    summary: 'show what a payload contains and what it depends on',
    load: () => import('./commands/inspect.ts'),
  },
  {
    name: 'lines',
    summary: 'list every place where a source file’s objects embed a line number',
    load: () => import('./commands/lines.ts'),
  },
  {
    name: 'neutralize',
    summary: 'rewrite a patch so that unchanged lines keep their numbers, for any builder',
    load: () => import('./commands/neutralize.ts'),
  },
  {
    name: 'translate',
    summary: 'rewrite a log so that line numbers are right, given what was applied',
    load: () => import('./commands/translate.ts'),
  },
  {
    name: 'verify',
    summary: 'check a payload by the rules of the loader that will get it',
    load: () => import('./commands/verify.ts'),
  },
  {
    name: 'sign',
    summary: 'sign a payload with an RSA key',
    load: () => import('./commands/sign.ts'),
  },
  {
    name: 'publish',
    summary: 'make of a fleet’s payloads what goes to those who run it: signed, explained, traceable',
    load: () => import('./commands/publish.ts'),
  },
  {
    name: 'check-published',
    summary: 'check that a published folder is what its publisher signed',
    load: () => import('./commands/check-published.ts'),
  },
  {
    name: 'package',
    summary: 'make a Debian or RPM package of what was published',
    load: () => import('./commands/package.ts'),
  },
  {
    name: 'rehearse',
    summary: 'load, apply, revert and unload payloads on the real Xen in a throwaway machine',
    load: () => import('./commands/rehearse.ts'),
  },
  {
    name: 'tree',
    summary: 'fetch and build the source tree of an installed hypervisor (the one that uses a network)',
    load: () => import('./commands/tree.ts'),
  },
  {
    name: 'upload',
    summary: 'upload a payload to a host: a running program, Xen here, Xen through ssh',
    load: () => import('./commands/upload.ts'),
  },
  {
    name: 'get',
    summary: 'show the state of one payload on a host',
    load: () => import('./commands/get.ts'),
  },
  {
    name: 'list',
    summary: 'list the payloads on a host',
    load: () => import('./commands/list.ts'),
  },
  {
    name: 'apply',
    summary: 'apply an uploaded payload',
    load: () => import('./commands/apply.ts'),
  },
  {
    name: 'revert',
    summary: 'revert the payload that was applied last',
    load: () => import('./commands/revert.ts'),
  },
  {
    name: 'replace',
    summary: 'apply a payload in place of all others',
    load: () => import('./commands/replace.ts'),
  },
  {
    name: 'unload',
    summary: 'remove a payload that is not applied',
    load: () => import('./commands/unload.ts'),
  },
  {
    name: 'load',
    summary: 'upload and apply a payload in one go',
    load: () => import('./commands/load.ts'),
  },
  {
    name: 'symbols',
    summary: 'print what gdb needs to know the code of a payload that is loaded',
    load: () => import('./commands/symbols.ts'),
  },
  {
    name: 'agent',
    summary: 'print the path of the part that lets a program be patched',
    load: () => import('./commands/agent.ts'),
  },
  {
    name: 'doctor',
    summary: 'show what this machine has and lacks, and the command that mends it',
    load: () => import('./commands/doctor.ts'),
  },
  {
    name: 'completion',
    summary: 'print a script that completes commands and options in a shell',
    load: () => import('./commands/completion.ts'),
  },
  {
    name: 'man',
    summary: 'print the manual page',
    load: () => import('./commands/man.ts'),
  },
  {
    name: 'dump',
    summary: 'print an ELF file the way readelf does',
    load: () => import('./commands/dump.ts'),
  },
]
