/** `assist` where there are two files to write: both or none, and never over one that is there. */
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createTwoFilesPatch } from 'diff'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { hasGcc, withoutGcc } from '../support/gcc.ts'
import { hotsplice } from '../xen/command.ts'

const TEXT = `#include <stdlib.h>
struct item {
  int id;
};
int use_item(struct item *item) { return item->id * 1000; }
void end_item(struct item *item) { item->id = 0; free(item); }
`
const PATCHED = TEXT.replace('int id;\n', 'int id;\n  int uses;\n').replace('* 1000', '* 1000 + item->uses++')

describe.skipIf(!hasGcc)(`assist writes two files${withoutGcc}`, () => {
  let folder = ''
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'hotsplice-assist-'))
    const tree = join(folder, 'tree')
    mkdirSync(tree)
    writeFileSync(join(tree, 'item.c'), TEXT)
    const command = { directory: tree, file: 'item.c', output: 'item.o' }
    const words = ['gcc', '-O2', '-fcf-protection=none', '-c', 'item.c', '-o', 'item.o']
    writeFileSync(join(tree, 'compile_commands.json'), JSON.stringify([{ ...command, arguments: words }]))
    writeFileSync(join(folder, 'fix.patch'), createTwoFilesPatch('a/item.c', 'b/item.c', TEXT, PATCHED))
  })
  afterAll(() => rmSync(folder, { recursive: true }))

  const run = (...more: string[]) =>
    hotsplice(['assist', '--tree', join(folder, 'tree'), '--target', 'process', '--patch', 'fix.patch', ...more], {
      cwd: folder,
    })

  test('beside each other, and the report has both', async () => {
    const { status, stdout, stderr } = await run('-o', 'own.c', '--json', 'own.json')
    expect([status, stderr.includes('error')], stderr).toEqual([0, false])
    expect(stdout).toContain('wrote own.c and own.patch')
    expect(stdout).toContain('then: hotsplice build … --patch own.patch --with own.c@item.o')
    const { patch, source } = JSON.parse(readFileSync(join(folder, 'own.json'), 'utf8'))
    expect(patch).toEqual({ file: 'own.patch', text: readFileSync(join(folder, 'own.patch'), 'utf8') })
    expect(source).toBe(readFileSync(join(folder, 'own.c'), 'utf8'))
  })

  test('not to standard output', async () => {
    const { status, stdout, stderr } = await run()
    expect([status, stdout]).toEqual([1, ''])
    expect(stderr).toContain('[cli/two-files]')
  })

  test('not over a patch that is there', async () => {
    const text = readFileSync(join(folder, 'fix.patch'), 'utf8')
    const { status, stderr } = await run('-o', 'fix.c')
    expect([status, existsSync(join(folder, 'fix.c'))]).toEqual([1, false])
    expect(stderr).toContain('fix.patch is there already')
    expect(readFileSync(join(folder, 'fix.patch'), 'utf8')).toBe(text)
  })
})
