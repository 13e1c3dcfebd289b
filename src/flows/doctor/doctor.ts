/** `hotsplice doctor`: looks at everything that a use of hotsplice needs, and says what mends what is missing. */
import type { DoctorCheck, DoctorReport, DoctorUse } from '../../report/doctor-report.ts'
import { DOCTOR_USES } from '../../report/doctor-report.ts'
import { createPool, quiet } from '../../trees/index.ts'
import { type Found, MACHINE_CHECKS } from './checks.ts'
import type { Machine } from './machine.ts'
import { type TreeRow, treeRows } from './tree-checks.ts'

export interface DoctorRequest {
  /** What the machine is to be ready for. */
  readonly asked: readonly DoctorUse[]
  readonly tree?: string | undefined
  readonly buildDir?: string | undefined
  /** What runs, as a file: xen-syms, an image that boots, or a program. */
  readonly symbols?: string | undefined
  /** Of hotsplice. */
  readonly version: string
  readonly signal?: AbortSignal | undefined
}

const TREE_ROWS: readonly TreeRow[] = ['tree', 'tree-livepatch', 'tree-compiler', 'symbols']

export async function doctor(request: DoctorRequest, machine: Machine): Promise<DoctorReport> {
  const { asked, version, signal, ...files } = request
  const on = async (id: string, uses: readonly DoctorUse[], found: Found): Promise<DoctorCheck> => {
    const status = found.ok === undefined ? 'not-checked' : found.ok ? 'ok' : 'missing'
    const hint = status === 'ok' ? null : (found.hint ?? null)
    return { id, uses, needed: uses.some(use => asked.includes(use)), status, text: found.text, hint }
  }
  const run = { pool: createPool(1), progress: quiet, signal }
  const own: DoctorCheck[] = []
  for (const { id, uses, look } of MACHINE_CHECKS) own.push(await on(id, uses, await look(machine)))
  const rows = await treeRows({ ...files, cacheFolder: machine.cacheFolder }, run)
  const trees = await Promise.all(TREE_ROWS.map(id => on(id, ['build'], rows[id])))
  const checks = [...own, ...trees]
  const uses = Object.keys(DOCTOR_USES).filter(isUse)
  const ready = uses.filter(use => checks.every(({ uses, status }) => status !== 'missing' || !uses.includes(use)))
  const outcome = asked.every(use => ready.includes(use)) ? 'ready' : 'missing'
  return { schema: 1, command: 'doctor', version, outcome, asked, ready, checks }
}

const isUse = (name: string): name is DoctorUse => name in DOCTOR_USES
