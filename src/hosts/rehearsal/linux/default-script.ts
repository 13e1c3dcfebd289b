/**
 * The script for those who bring none: the whole life of every payload, one after the other. It is loaded, enables itself,
 * all tasks come into its code; it is disabled, all tasks leave it, and it is unloaded. In the end the kernel says the same
 * about itself as before, and that nothing went wrong meanwhile.
 */
import type { RehearsalPayload } from '../model.ts'
import { quoted } from '../script.ts'
import { moduleNameOf } from './script-words.ts'

/** Taints that say nothing of harm: a module from elsewhere, without a signature, a live patch. */
const HARMLESS = 'OEK'

export function defaultScript(payloads: readonly RehearsalPayload[]): string {
  const lives = payloads.flatMap(payload => {
    const name = quoted(moduleNameOf(payload))
    return [
      ...[`load ${quoted(payload.name)}`, `wait ${name}`, `expect-state ${name} enabled`, 'list', 'expect-result 1'],
      ...[`expect-taints ${HARMLESS}`, `disable ${name}`, `wait ${name}`, `expect-state ${name} loaded`],
      ...[`unload ${name}`, `expect-state ${name} absent`, 'list', 'expect-result 0'],
    ]
  })
  const lines = [
    'version',
    'list',
    'expect-result 0',
    ...lives,
    'version',
    'expect-as-first',
    `expect-taints ${HARMLESS}`,
  ]
  return `${lines.join('\n')}\n`
}
