/** The table of functions, made for loaders that write into it. */
import { expect, test } from 'vitest'
import { inspectPayload } from '../../src/loaders/inspect.ts'
import { hasGcc, withoutGcc } from '../support/gcc.ts'
import { optionsFor, payloadOf, type Source, selectSources } from './support.ts'

const OLD = 'extern int flag; int f(int a) { return a + flag * 11; }'

interface Row {
  readonly of: string
  readonly after: string
  readonly writable: readonly string[]
  readonly notices: readonly string[]
}

test.skipIf(!hasGcc).for<Row>([
  { of: 'code alone', after: OLD.replace('11', '13'), writable: ['.livepatch.funcs'], notices: [] },
  {
    of: 'code and data',
    after: 'extern int flag; int f(int a) { static int seen = 7; return seen++ + a + flag * 11; }',
    writable: ['.data', '.livepatch.funcs'],
    notices: ['apply-once'],
  },
  {
    of: 'code and a hook',
    after: `${OLD.replace('11', '13')} void hook(void) { flag = 3; }
      void *__attribute__((weak, section(".livepatch.hooks.load"))) const data_hook = hook;`,
    writable: ['.livepatch.funcs'],
    notices: [],
  },
])(
  `$of: the table is writable, and what may be applied again stays so${withoutGcc}`,
  ({ after, writable, notices }) => {
    const sources: readonly Source[] = [{ before: OLD, after }]
    const selection = selectSources(sources, {})
    const { target, ...rest } = optionsFor()
    const made = (writesTable: boolean) => payloadOf(selection, { target: { ...target, writesTable }, ...rest })
    const model = inspectPayload(made(true).bytes)
    const names = model.sections.filter(({ memory }) => memory === 'writable').map(({ name }) => name)
    expect(names).toEqual(writable)
    expect(made(true).notices.map(({ code }) => code)).toEqual(notices)
    expect(model.canBeReapplied).toBe(notices.length === 0)
    // For a loader that only reads, nothing but the table's flag is otherwise.
    const other = inspectPayload(made(false).bytes)
    expect(
      other.sections.map(({ name, memory }) => (name === '.livepatch.funcs' ? [name, memory] : [])),
    ).toContainEqual(['.livepatch.funcs', 'read-only'])
    expect(other.functions).toEqual(model.functions)
  },
)
