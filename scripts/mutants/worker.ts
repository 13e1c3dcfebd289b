/**
 * Runs tests against one mutant after another, in one process that stays: what did not change is compiled once. The
 * mutant's text never reaches the disk. Told by `scripts/mutants.ts`, which ends it where a mutant does not end.
 */
import { join } from 'node:path'
import { BaseSequencer, createVitest, type TestModule } from 'vitest/node'
import type { Asked, Told } from './messages.ts'

const root = join(import.meta.dirname, '../..')
/** Of this run: vitest's own list keeps what earlier ones left, and a mutant must not be killed by another's failure. */
const failures: TestModule[] = []
let current: { readonly file: string; readonly text: string } | undefined

/** As told: the first failure ends a run, and vitest would begin with what takes longest. */
class InOrder extends BaseSequencer {
  override async sort(files: Parameters<BaseSequencer['sort']>[0]): ReturnType<BaseSequencer['sort']> {
    return files
  }
}

const vitest = await createVitest(
  'test',
  {
    root,
    config: false,
    watch: false,
    pool: 'forks',
    maxWorkers: 1,
    isolate: false,
    bail: 1,
    sequence: { sequencer: InOrder },
    reporters: [{ onTestModuleEnd: module => void failures.push(...(module.ok() ? [] : [module])) }],
    include: ['src/**/*.test.ts', 'tests/**/*.test.ts'],
    testTimeout: 60_000,
  },
  {
    plugins: [
      {
        name: 'mutant',
        enforce: 'pre',
        transform: (_, id) => (current !== undefined && id === current.file ? current.text : undefined),
      },
    ],
  },
)
const all = await vitest.globTestSpecifications()
const tell = (message: Told) => process.send?.(message)

async function ask({ file, text, tests }: Asked): Promise<void> {
  const path = join(root, file)
  if (current !== undefined) vitest.invalidateFile(current.file)
  current = { file: path, text }
  vitest.invalidateFile(path)
  const chosen = tests.flatMap(test => all.filter(({ moduleId }) => moduleId === join(root, test)))
  if (chosen.length !== tests.length) throw new Error(`not all are tests: ${tests.join(' ')}`)
  failures.length = 0
  const { unhandledErrors } = await vitest.rerunTestSpecifications(chosen)
  const [failed] = failures
  const names = failed === undefined ? [] : [...failed.children.allTests('failed')].map(test => test.fullName)
  const by =
    failed === undefined ? 'an error' : `${failed.moduleId.slice(root.length + 1)}: ${names[0] ?? 'at its start'}`
  tell({ killedBy: failed === undefined && unhandledErrors.length === 0 ? null : by })
}

process.on('message', (message: Asked) => {
  ask(message).catch((error: unknown) => {
    console.error(error)
    process.exit(1)
  })
})
// Whoever asked is gone: nobody wants to know.
process.on('disconnect', () => process.exit())
tell('ready')
