/**
 * Line numbers in the log of a real Xen, debug configuration: what a function prints that was not replaced, before, with
 * and after payloads, and what `hotsplice translate` makes of it. The judge is where the message stands in the sources.
 */
import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { describeRehearsal, rehearse } from '../../src/hosts/rehearsal/index.ts'
import { type Built, buildPayload, command, named } from './command.ts'
import { type Edit, editFiles, patchText } from './edits.ts'
import { missingFor, toBootXen, toBuildXen, xenTree } from './tree.ts'

const missing = missingFor(...toBuildXen, ...toBootXen)
const FILE = 'xen/common/grant_table.c'

/** Printed by map_grant_ref, which no patch here touches. */
const STAYS = 'Bad flags in grant map op'
const PROVOKED = 'hypercall grant_table_op 0 { zeros:32 } 1'
/** Printed by gnttab_query_size, which is replaced; a dump of where it is follows. */
const ADDED = 'sizes are asked for'
const CALL = 'rc = gnttab_query_size('
const ASKED = 'hypercall grant_table_op 6 { u16:0x7ff0 zeros:14 } 1'

const moves: Edit = {
  file: FILE,
  find: '#include <xen/err.h>\n',
  put: '/* Everything\n * moves. */\n#include <xen/err.h>\n',
}
const says = (words: string): Edit => ({
  file: FILE,
  after: '\ngnttab_query_size(',
  find: '    if ( count != 1 )',
  put: `    dprintk(XENLOG_INFO, "${words}\\n"); WARN();\n\n    if ( count != 1 )`,
})
const firstEdits = [moves, says(ADDED)]
const secondEdits = [{ ...moves, put: `/* Further. */\n${moves.put}` }, says(`${ADDED} again`)]

/** The line that prints the words: in the source as it is, or as edits leave it. */
function lineOf(words: string, edits?: readonly Edit[]): number {
  const [file] = editFiles(xenTree('source'), edits ?? firstEdits)
  const text = edits === undefined ? file?.before : file?.after
  return (text ?? '').split('\n').findIndex(line => line.includes(words)) + 1
}

describe.skipIf(missing !== '')(`a log of the real Xen ${missing}`, () => {
  let folder = ''
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'hotsplice-log-'))
  })
  afterAll(() => rmSync(folder, { recursive: true }))

  const build = async (name: string, edits: readonly Edit[], more: readonly string[]): Promise<Built> => {
    const patch = join(folder, `${name}.patch`)
    writeFileSync(patch, patchText(xenTree('source'), edits), 'latin1')
    const built = await buildPayload({ tree: xenTree('debug'), patch, folder, name, more })
    expect(built.status, built.stderr).toBe(0)
    expect(named(built.report.functions, 'changed')).toEqual(['common/grant_table.o gnttab_query_size'])
    return built
  }

  /** The console's lines with one of the messages, and the whole log. */
  const boot = async (script: readonly string[], payloads: Record<string, Built>) => {
    const result = await rehearse({
      hypervisor: join(xenTree('debug'), 'xen/xen'),
      timeoutMs: 120_000,
      script: script.join('\n'),
      payloads: Object.entries(payloads).flatMap(([name, { payload }]) => (payload ? [{ name, bytes: payload }] : [])),
    })
    expect(result.outcome, describeRehearsal(result)).toBe('passed')
    return result.operations.flatMap(({ console }) => console)
  }

  const translate = (log: readonly string[], ...reports: string[]): readonly string[] => {
    const files = reports.map(name => join(folder, `${name}.json`))
    const args = ['translate', '--from-log', '--symbols', join(xenTree('debug'), 'xen/xen-syms'), ...files]
    const run = spawnSync(process.execPath, [command, ...args], { input: log.join('\n'), encoding: 'utf8' })
    expect(run.status, run.stderr).toBe(0)
    return run.stdout.split('\n')
  }

  const messages = (log: readonly string[]) => log.filter(line => line.includes(STAYS) || line.includes(ADDED))
  const logged = (log: readonly string[]) => messages(log).map(line => Number(/grant_table\.c:(\d+)/.exec(line)?.[1]))
  const meant = (log: readonly string[]) => messages(log).map(line => /\{(.*?)\}/.exec(line)?.[1])

  test('auto: the old line before and after; translate gives the line of the patched source', async () => {
    const first = await build('first', firstEdits, ['--lines', 'auto'])
    const log = await boot([PROVOKED, 'upload first', 'apply first', PROVOKED, ASKED, 'revert first', PROVOKED], {
      first,
    })
    const [before, applied, added = 0, after] = logged(log)
    const old = lineOf(STAYS)
    expect([before, applied, after]).toEqual([old, old, old])
    expect(added, 'a number of its own').toBeGreaterThan(lineOf(ADDED, firstEdits) + 1000)
    const place = (words: string) => `=common/grant_table.c:${lineOf(words, firstEdits)}`
    const translated = translate(log, 'first')
    expect(meant(translated)).toEqual([place(STAYS), place(STAYS), place(ADDED), place(STAYS)])

    // The dump that WARN() makes: the message, the processor, and who called.
    const dump = (start: RegExp) => translated.filter(line => start.test(line)).map(line => /\{(.*?)\}/.exec(line)?.[1])
    expect(dump(/Xen WARN at /)).toEqual([place(ADDED)])
    expect(dump(/gnttab_query_size\+0x.* \[first\]/)).toEqual([place(ADDED), place(ADDED), place(ADDED)])
    expect(dump(/\] F do_grant_table_op\+0x/)).toEqual([place(CALL)])
  })

  test('a payload on top of it: each number is that of the last source', async () => {
    const below = ['--on', join(folder, 'first.livepatch')]
    const [first, second] = [
      await build('first', firstEdits, ['--lines', 'auto']),
      await build('second', secondEdits, ['--lines', 'auto', ...below]),
    ]
    const script = [
      'upload first',
      'upload second',
      'apply first',
      ASKED,
      'apply second',
      PROVOKED,
      ASKED,
      'revert second',
      ASKED,
    ]
    const log = await boot(script, { first, second })
    const place = (words: string) => `=common/grant_table.c:${lineOf(words, secondEdits)}`
    // The first payload's message is no line of the second's source any more.
    const gone = `=common/grant_table.c:${lineOf(ADDED, firstEdits)} of first`
    expect(meant(translate(log, 'first', 'second'))).toEqual([gone, place(STAYS), place(ADDED), gone])
  })

  test('table: the new line while it is applied, the old one again after revert', async () => {
    const table = await build('table', firstEdits, ['--lines', 'table'])
    const log = await boot([PROVOKED, 'upload table', 'apply table', PROVOKED, ASKED, 'revert table', PROVOKED], {
      table,
    })
    const [old, now] = [lineOf(STAYS), lineOf(STAYS, firstEdits)]
    expect(logged(log)).toEqual([old, now, lineOf(ADDED, firstEdits), old])
    const right = `=common/grant_table.c:${now}`
    expect(meant(translate(log, 'table'))).toEqual([
      right,
      right,
      `=common/grant_table.c:${lineOf(ADDED, firstEdits)}`,
      right,
    ])
  })
})
