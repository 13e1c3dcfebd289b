/**
 * The debug file of a payload on the real Xen: where Xen says that its own code printed a warning, gdb and elfutils say which line
 * of the patched source that is.
 */
import { execFileSync, spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { debugSymbols } from '../../src/flows/symbols.ts'
import { describeRehearsal, rehearse } from '../../src/hosts/rehearsal/index.ts'
import { placesInXen, readPrinted } from '../../src/hosts/xen/places.ts'
import { readDebugFile } from '../../src/loaders/debug-file.ts'
import { buildPayload } from './command.ts'
import { editFiles, patchText } from './edits.ts'
import { missingFor, toBootXen, toBuildXen, xenTree } from './tree.ts'

const missing = missingFor(...toBuildXen, ...toBootXen, 'gdb', 'eu-addr2line')
const ADDED = 'sizes are asked for'
const EDIT = {
  file: 'xen/common/grant_table.c',
  after: '\ngnttab_query_size(',
  find: '    if ( count != 1 )',
  put: `    dprintk(XENLOG_INFO, "${ADDED}\\n"); WARN();\n\n    if ( count != 1 )`,
}

describe.skipIf(missing !== '')(`a payload’s debug file on the real Xen ${missing}`, () => {
  let folder = ''
  let log: readonly string[] = []
  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'hotsplice-xen-debug-'))
    const patch = join(folder, 'fix.patch')
    writeFileSync(patch, patchText(xenTree('source'), [EDIT]), 'latin1')
    const more = ['--debug-file', join(folder, 'fix.debug')]
    const { status, stderr, payload } = await buildPayload({ tree: xenTree('debug'), patch, folder, more })
    expect([status, stderr]).toEqual([0, expect.anything()])
    const result = await rehearse({
      hypervisor: join(xenTree('debug'), 'xen/xen'),
      timeoutMs: 120_000,
      script: 'upload fix\napply fix\nhypercall grant_table_op 6 { u16:0x7ff0 zeros:14 } 1\ndebug-keys x',
      payloads: [{ name: 'fix', bytes: payload ?? expect.unreachable() }],
    })
    expect(result.outcome, describeRehearsal(result)).toBe('passed')
    log = result.operations.flatMap(({ console }) => console)
  })
  afterAll(() => rmSync(folder, { recursive: true }))

  test('names the function and the line of an address that Xen printed', async () => {
    const debug = readDebugFile(new Uint8Array(readFileSync(join(folder, 'fix.debug'))), 'fix.debug')
    const printed = readPrinted(log, 'fix') ?? expect.unreachable()
    expect(printed.buildId).toBe(debug.buildId)
    expect(printed.functions.map(({ name }) => name)).toContain('common/grant_table.c#gnttab_query_size')
    const places = placesInXen(printed, debug.loaded)
    const host = { name: 'xen', places: async () => ({ result: 0, words: [], places }) }
    const { words } = await debugSymbols(host, 'fix', debug, join(folder, 'fix.debug'))

    const [, address = '', symbol] = /RIP: +\w+:\[<([0-9a-f]{16})>\] (\S+)\+0x/.exec(log.join('\n')) ?? []
    expect(symbol).toContain('gnttab_query_size')
    const [file] = editFiles(xenTree('source'), [EDIT])
    const line = (file?.after ?? '').split('\n').findIndex(each => each.includes(ADDED)) + 1
    const asked = ['-ex', words[0] ?? '', '-ex', `info symbol 0x${address}`, '-ex', `info line *0x${address}`]
    const told = spawnSync('gdb', ['-nx', '-batch', '-iex', 'set debuginfod enabled off', ...asked], {
      encoding: 'utf8',
    })
    expect(told.stdout).toMatch(/^(?:\S*#)?gnttab_query_size \+ \d+ in section \.text/m)
    expect(told.stdout).toMatch(new RegExp(`^Line ${line} of "[^"]*common/grant_table\\.c"`, 'm'))

    const text = places.sections.find(({ name }) => name === '.text')?.address ?? expect.unreachable()
    const offset = `0x${(BigInt(`0x${address}`) - text).toString(16)}`
    const said = execFileSync('eu-addr2line', ['-f', '-e', join(folder, 'fix.debug'), '-j', '.text', offset], {
      encoding: 'utf8',
    })
    expect(said).toMatch(new RegExp(`^(?:\\S*#)?gnttab_query_size\\n.*common/grant_table\\.c:${line}\\b`))
  })
})
