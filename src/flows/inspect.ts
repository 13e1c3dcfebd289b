/** `hotsplice inspect`: what a payload contains and what it depends on, whoever built it. */
import { type PayloadSummary, payloadSummary } from '../report/inspect.ts'
import { type ModuleSummary, moduleSummary } from '../report/inspect-module.ts'

/** `file` is its name for messages. Throws `InputError` for what is no payload. */
export function inspect(payload: Uint8Array, file: string): PayloadSummary | ModuleSummary {
  return moduleSummary(payload, file) ?? payloadSummary(payload, file)
}
