/** The compiled command as a process of its own, and what its JSON holds. */
import { spawn } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

export const command = fileURLToPath(new URL('../../bin/hotsplice', import.meta.url))

export interface Run {
  readonly status: number | null
  readonly stdout: string
  readonly stderr: string
}

export function hotsplice(
  args: readonly string[],
  options: { cwd?: string; env?: NodeJS.ProcessEnv } = {},
): Promise<Run> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [command, ...args], { ...options, stdio: ['ignore', 'pipe', 'pipe'] })
    const output = { stdout: '', stderr: '' }
    child.stdout.setEncoding('utf8').on('data', text => (output.stdout += text))
    child.stderr.setEncoding('utf8').on('data', text => (output.stderr += text))
    child.on('error', reject)
    child.on('close', status => resolve({ status, ...output }))
  })
}

/** The part of the published JSON that these tests look at; the contract is in docs/schema. */
export interface BuildReport {
  readonly schema: number
  readonly outcome: 'built' | 'nothing-to-do' | 'refused' | 'error'
  readonly functions: readonly Judged[]
  readonly data: readonly Judged[]
  readonly refusals: readonly { code: string; unit: string; symbol: string; text: string; hint: string }[]
  readonly payload?: { readonly file: string; readonly sha256: string; readonly buildId: string }
}

interface Judged {
  readonly name: string
  readonly unit: string
  readonly symbols: readonly string[]
  readonly verdict: 'changed' | 'new' | 'gone' | 'line-only'
  readonly included: boolean
  readonly reasons: readonly { readonly code: string; readonly text: string }[]
}

export interface Built extends Run {
  readonly report: BuildReport
  /** Undefined when no payload was written. */
  readonly payload: Uint8Array | undefined
}

export interface BuildRequest {
  readonly tree: string
  readonly patch: string
  /** Where payload and JSON go. */
  readonly folder: string
  readonly name?: string
  readonly more?: readonly string[]
  readonly env?: NodeJS.ProcessEnv
}

/** `hotsplice build --lines ignore` with its JSON in a file. */
export async function buildPayload({
  tree,
  patch,
  folder,
  name = 'fix',
  more = [],
  env,
}: BuildRequest): Promise<Built> {
  const [payload, json] = [join(folder, `${name}.livepatch`), join(folder, `${name}.json`)]
  const args = ['build', '--tree', tree, '--patch', patch, '--lines', 'ignore', '-o', payload, '--json', json, ...more]
  const run = await hotsplice(args, { cwd: folder, ...(env === undefined ? {} : { env }) })
  if (!existsSync(json)) throw new Error(`hotsplice build wrote no JSON (exit ${run.status}):\n${run.stderr}`)
  return {
    ...run,
    report: JSON.parse(readFileSync(json, 'utf8')) as BuildReport,
    payload: existsSync(payload) ? new Uint8Array(readFileSync(payload)) : undefined,
  }
}

/** `common/domain.o do_vm_assist`, for those whose verdict is `verdict`, in order. */
export function named(list: readonly Judged[], verdict: Judged['verdict']): string[] {
  return list
    .filter(one => one.verdict === verdict)
    .map(({ unit, name }) => `${unit} ${name}`)
    .sort()
}
