/** Which cells `--only` names: `BASE/FIX`, `*` for any part of a name. */
import { InputError } from '../base/errors.ts'
import type { CellName } from '../flows/fleet/job.ts'

/** Throws where a pattern names no cell: somebody would wait for it. */
export function cellChoice(
  patterns: readonly string[] | undefined,
  cells: readonly CellName[],
): (cell: CellName) => boolean {
  if (patterns === undefined) return () => true
  const choices = patterns.map(pattern => {
    const [base, fix, ...more] = pattern.split('/')
    if (!base || !fix || more.length > 0) throw wrong(pattern, 'is not BASE/FIX')
    const chosen = (cell: CellName) => matches(base, cell.base) && matches(fix, cell.fix)
    if (!cells.some(chosen)) throw wrong(pattern, 'names no base and fix of the file')
    return chosen
  })
  return cell => choices.some(chosen => chosen(cell))
}

function matches(pattern: string, name: string): boolean {
  const words = pattern.split('*').map(part => part.replace(/[.+]/g, '\\$&'))
  return /^[A-Za-z0-9._+*-]+$/.test(pattern) && new RegExp(`^${words.join('.*')}$`).test(name)
}

function wrong(pattern: string, fact: string): InputError {
  return new InputError(
    'cli/usage',
    `--only "${pattern}" ${fact}`,
    'for example --only release/xsa-500, --only "*/xsa-500"',
  )
}
