/** What a compiler leaves is looked at before it counts: lists of what was read, objects, what the store kept. */

import { createHash } from 'node:crypto'
import { mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { affectedUnits, buildPairs, originalObject, overlayOf, quiet } from '../../src/trees/index.ts'
import { edit } from '../build/support.ts'
import { openTree } from '../support/opened.ts'
import { sampled } from '../support/sampled.ts'
import { buildWith, openProgram, type Program, script, writeProgram } from './support.ts'

let program: Program
beforeEach(() => {
  program = writeProgram(mkdtempSync(join(tmpdir(), 'hotsplice-answers-')))
})
afterEach(() => rmSync(program.folder, { recursive: true, force: true }))

const ASKED = 'case "$*" in *print-prog-name*|*/dev/null*) exec gcc "$@";; esac\n'
/** The value of an option among a wrapper's words. */
const VALUES = 'args="$*"; set -- $args; for w; do [ "$p" = -o ] && o=$w; [ "$p" = -MF ] && d=$w; p=$w; done\n'

describe('a unit whose compiler does not tell what it read is no unit without dependencies', () => {
  test.for([
    ...sampled([
      [
        'a wrapper drops the options',
        `${ASKED}a=; for w; do case $w in -MD) ;; -MF|-MT) skip=1;; *) [ "$skip" ] && skip= || a="$a $w";; esac; done; exec gcc $a\n`,
      ],
      ['the list is empty', `${ASKED}gcc "$@"; rc=$?; ${VALUES}: > $d; exit $rc\n`],
      ['the list is another text’s', `${ASKED}gcc "$@"; rc=$?; ${VALUES}echo "x: /tmp/copy.c h.h" > $d; exit $rc\n`],
    ] as const),
  ])('%s', async ([_, text]) => {
    const cc = script(program.folder, 'cc', text)
    expect(await buildWith(program, [cc])).toEqual({ outcome: 'build/no-dependencies', kept: true })
  })

  test('a list that the command itself asks for elsewhere is no obstacle', async () => {
    expect(await buildWith(program, ['gcc', '-Wp,-DX,-MD,f.dep'])).toEqual({ outcome: 'built 1', kept: true })
  })
})

describe('an object that cannot be read is not kept', () => {
  test.for([
    ...sampled([
      ['cut short', 'truncate -s $(( $(stat -c %s $o) / 2 )) $o'],
      ['not there', 'rm -f $o'],
      ['something else', 'echo text > $o'],
    ] as const),
  ])('%s', async ([_, damage]) => {
    const flag = join(program.folder, 'flag')
    const cc = script(
      program.folder,
      'cc',
      `${ASKED}gcc "$@"; rc=$?; ${VALUES}if [ -e ${flag} ]; then case $args in *" -E "*) ;; *) ${damage};; esac; fi; exit $rc\n`,
    )
    writeFileSync(flag, '')
    expect((await buildWith(program, [cc])).outcome).toBe('build/bad-output')
    rmSync(flag)
    expect((await buildWith(program, [cc])).outcome).toBe('built 1')
  })

  test.for([
    ...sampled([
      ['cut short', (file: Buffer) => file.subarray(0, 40)],
      ['changed', (file: Buffer) => Buffer.concat([file.subarray(0, -1), Buffer.of(1)])],
      ['whole, and no object', () => sealed(Buffer.from('text'))],
    ] as const),
  ])('what the store has is made anew where it is %s, with a word about it', async ([_, damage]) => {
    const tree = await openProgram(program, ['gcc'])
    const [unit] = tree.units
    if (unit === undefined) throw new Error('no unit')
    const sound = await originalObject(tree, unit)
    const kept = join(program.folder, 'cache/objects')
    const files = readdirSync(kept, { recursive: true, withFileTypes: true }).filter(entry => entry.isFile())
    for (const { parentPath, name } of files) {
      const path = join(parentPath, name)
      writeFileSync(path, damage(readFileSync(path)))
    }
    const said: string[] = []
    const again = await openTree({
      ...{ tree: program.tree, target: 'process', jobs: 1, cacheFolder: join(program.folder, 'cache') },
      progress: { ...quiet, step: text => said.push(text) },
    })
    expect(await originalObject(again, again.units[0] ?? unit)).toEqual(sound)
    expect(said.join('\n')).toMatch(/made anew, because what is kept cannot be read: .*objects/)
  })
})

/** As the store keeps a content: behind its digest. */
const sealed = (content: Buffer) => Buffer.concat([createHash('sha256').update(content).digest(), content])

describe('a patch that does not compile', () => {
  /** How often the compiler was started for a text, by what was asked. */
  async function countWith(before: string, after: string, more: Readonly<Record<string, string>> = {}) {
    const log = join(program.folder, 'log')
    const cc = script(
      program.folder,
      'cc',
      `${ASKED}case "$*" in *" -E "*) w=read;; *) w=compiled;; esac\necho $w >> ${log}\nexec gcc "$@"\n`,
    )
    program = { ...program, ...writeProgram(program.folder, more) }
    const tree = await openProgram(program, [cc])
    const change = edit(tree, before.startsWith('LIMIT') ? 'h.h' : 'f.c', before, after)
    const affected = await affectedUnits(tree, change)
    writeFileSync(log, '')
    const failing = buildPairs(tree, affected.affected, overlayOf(change, affected))
    await expect(failing).rejects.toMatchObject({ code: 'build/compile-failed' })
    const message = await failing.catch(error => String(error.message))
    return { tries: readFileSync(log, 'utf8').trim().split('\n').join(' '), message }
  }

  test.for([
    ...sampled([
      ['in the source', 'return x', 'retrun x', "f.c:4:5: error: unknown type name 'retrun'"],
      ['in a header', 'LIMIT 7', 'LIMIT (7', 'error: expected'],
      ['that the preprocessor finds', '    return x', '#else\n    return x', 'f.c:4:2: error: #else without #if'],
      [
        'beside a header that makes the assembler read files',
        'return x',
        'asm(".include"); retrun x',
        'error: unknown type',
      ],
      ['that leaves a brace open', '100 + LIMIT;\n}', '100 + LIMIT;', 'error: expected'],
      [
        'that asks for a header that is not there',
        '#include "h.h"',
        '#include "h.h"\n#include "no/where.h"',
        'No such file',
      ],
      [
        'of two headers',
        '#include "h.h"',
        '#if __LINE__\n#include <nowhere.h>\n#include "none.h"\n#endif',
        'No such file',
      ],
      ['in what only the assembler finds', 'return x', 'asm("nonsense %rax"); return x', 'no such instruction'],
    ] as const),
  ])('%s is compiled once, and told in the compiler’s words', async ([_, before, after, words]) => {
    const { tries, message } = await countWith(before, after)
    expect(tries).toBe('compiled')
    expect(message).toContain(words)
    expect(message).not.toContain('/private/')
  })

  test.for([
    ...sampled([
      ['a source', 'part.c', {}],
      ['a name of products', 'part.d', {}],
      ['a link to a source', 'link.h', { 'link.h': 'part.c' }],
      ['a link to a link', 'link.h', { 'link.h': 'more.h', 'more.h': 'part.d' }],
    ] as const),
  ])('a text that is only in a full copy of the tree is still found: %s', async ([_, name, links]) => {
    const part = 'int g(void) { return 1; }\n'
    const { tree: folder } = writeProgram(program.folder, { 'part.c': part, 'part.d': part })
    for (const [link, target] of Object.entries(links)) symlinkSync(target, join(folder, link))
    const tree = await openProgram(program, ['gcc'])
    const change = edit(tree, 'f.c', '#include "h.h"', `#include "h.h"\n#include "${name}"`)
    const affected = await affectedUnits(tree, change)
    expect(await buildPairs(tree, affected.affected, overlayOf(change, affected))).toHaveLength(1)
  })
})
