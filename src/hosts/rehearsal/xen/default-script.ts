/**
 * The script for those who bring none: the whole life of every payload. All are uploaded and applied in
 * the order given, one upon the other, then reverted and unloaded in the opposite order; before and after,
 * the hypervisor must say the same about itself.
 */

import type { RehearsalPayload } from '../model.ts'
import { quoted } from '../script.ts'

/** Xen's limit, without the NUL. */
const LONGEST_NAME = 127

export function defaultScript(payloads: readonly RehearsalPayload[]): string {
  const names = scriptNames(payloads)
  const lines = ['version', 'list', 'expect-result 0']
  for (const [index, payload] of payloads.entries()) {
    const name = names[index] ?? ''
    lines.push(`upload ${quoted(name)} ${quoted(payload.name)}`, `expect-state ${quoted(name)} checked`)
  }
  lines.push('list', `expect-result ${payloads.length}`)
  for (const name of names) lines.push(`apply ${quoted(name)}`, `expect-state ${quoted(name)} applied`)
  lines.push('version', 'list', `expect-result ${payloads.length}`)
  const downwards = [...names].reverse()
  for (const name of downwards) lines.push(`revert ${quoted(name)}`, `expect-state ${quoted(name)} checked`)
  lines.push('version', 'expect-as-first')
  for (const name of downwards) lines.push(`unload ${quoted(name)}`, `expect-state ${quoted(name)} absent`)
  lines.push('list', 'expect-result 0')
  return `${lines.join('\n')}\n`
}

/** A short, distinct name for each payload: its file's name without folder and ending. */
export function scriptNames(payloads: readonly RehearsalPayload[]): string[] {
  const taken = new Set<string>()
  return payloads.map(({ name }) => {
    const base = name.slice(name.lastIndexOf('/') + 1).replace(/\.livepatch$/, '')
    const short = base.replace(/[^\w.+-]/g, '_').slice(0, LONGEST_NAME - 4) || 'payload'
    let unique = short
    for (let count = 2; taken.has(unique); count++) unique = `${short}.${count}`
    taken.add(unique)
    return unique
  })
}
