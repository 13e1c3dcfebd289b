/** The library: from a source patch to a payload, what differs between two objects, and reports of both. */
export { type DiffInput, diffObjects } from './flows/diff.ts'
export { createHotpatch, type HotpatchOptions, type HotpatchRun } from './flows/hotpatch/hotpatch.ts'
export { buildReport, diffReport, explain, type RunReport, readReport, summary, toJson } from './report/index.ts'
