/** A fleet of Debian's Xen: fixes of which something different comes, as one file that `hotsplice fleet build` takes. */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { createTwoFilesPatch } from 'diff'
import type { FleetIndex } from '../../src/report/fleet-index.ts'
import { type Configuration, xenTree } from './tree.ts'

interface XenFix {
  readonly file: string
  /** What stands there, and what does then. */
  readonly edit: readonly [from: string, to: string]
  readonly comes: FleetIndex['cells'][number]['outcome']
}

const KERNEL = 'xen/common/kernel.c'

export const XEN_FIXES = {
  // Both are in a function that every guest calls.
  version: { file: KERNEL, edit: ['(xen_major_version() << 16)', '(xen_major_version() << 15)'], comes: 'built' },
  pages: { file: KERNEL, edit: ['-EINVAL : PAGE_SIZE', '-EINVAL : 2 * PAGE_SIZE'], comes: 'built' },
  // What runs once, when a machine comes up, is not replaced; somebody has said that hosts may go without.
  boot: {
    file: KERNEL,
    edit: [
      '    parse_params(cmdline, __setup_start, __setup_end);',
      '    if ( *cmdline )\n        parse_params(cmdline, __setup_start, __setup_end);',
    ],
    comes: 'expected-refusal',
  },
  comment: { file: KERNEL, edit: ['/* Skip whitespace. */', '/* Skip blanks. */'], comes: 'nothing-to-do' },
  // Its lines move all that stand below, which WARN and ASSERT of other functions embed.
  lines: {
    file: 'xen/common/event_channel.c',
    edit: [
      '        d = rcu_lock_domain_by_any_id(reset.dom);\n',
      '        if ( reset.dom == DOMID_XEN )\n            return -EPERM;\n\n        d = rcu_lock_domain_by_any_id(reset.dom);\n',
    ],
    comes: 'built',
  },
  header: {
    file: 'xen/common/event_channel.h',
    edit: [
      '    if ( !evtchn_usable(evtchn) )\n        return -EACCES;\n',
      '    if ( !evtchn_usable(evtchn) || priority > 15 )\n        return -EACCES;\n',
    ],
    comes: 'built',
  },
} as const satisfies Readonly<Record<string, XenFix>>

export type XenFixName = keyof typeof XEN_FIXES

/** Writes the patch of a fix into `fixes` of the folder; `to` in place of what it writes. */
export function writeXenFix(folder: string, name: XenFixName, to: string = XEN_FIXES[name].edit[1]): void {
  const { file, edit } = XEN_FIXES[name]
  const before = readFileSync(join(xenTree('source'), file), 'latin1')
  const after = before.replace(edit[0], () => to)
  if (after === before) throw new Error(`${file} has no ${edit[0]}`)
  mkdirSync(join(folder, 'fixes'), { recursive: true })
  const patch = createTwoFilesPatch(`a/${file}`, `b/${file}`, before, after, '', '')
  writeFileSync(join(folder, `fixes/${name}.patch`), patch, 'latin1')
}

/** Writes fleet.json and its patches; each payload is tried on the build that it is for. */
export function writeXenFleet(folder: string, bases: readonly Configuration[], names: readonly XenFixName[]): void {
  const fixes = names.map(name => {
    writeXenFix(folder, name)
    const [reason, who] = ['hosts come up without it', 'the release team']
    const expected = bases.map(base => ({ base, codes: ['init-code'], reason, who }))
    return {
      name,
      patches: [`fixes/${name}.patch`],
      ...(XEN_FIXES[name].comes === 'expected-refusal' ? { 'expected-refusals': expected } : {}),
    }
  })
  const fleet = { bases: bases.map(name => ({ name, tree: xenTree(name), rehearse: true })), fixes }
  writeFileSync(join(folder, 'fleet.json'), JSON.stringify(fleet))
}

/** What must come of them, in the order of an index. */
export function expectedCells(bases: readonly string[], names: readonly XenFixName[]): readonly string[] {
  return bases.flatMap(base => names.map(name => `${base}/${name} ${XEN_FIXES[name].comes}`))
}

export const cellsOf = (index: FleetIndex): readonly string[] =>
  index.cells.map(({ base, fix, outcome }) => `${base}/${fix} ${outcome}`)
