/**
 * `verify --tree` of a tree whose structures have sizes that nobody knows: its compiler is asked, its objects are read with
 * these, and the payload's tables are not read with others.
 */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { verifyFile } from '../../src/flows/verify/verify.ts'
import { quiet } from '../../src/trees/index.ts'
import { toyImage } from '../fuzz/toy-image.ts'
import { toyPayload } from '../verify/toy.ts'
import { missingFor } from '../xen/tree.ts'
import { inFolder, make, tinyXen } from './support.ts'

const missing = missingFor('gcc', 'make', 'objcopy', 'ld')

/** The toy image's two functions, and what f1 has in a table, as entries of `words` times four bytes. */
function unitWith(section: string, words: number): string {
  const entry = ['.long f1 - .', '.long f2 - .', ...Array.from({ length: words - 2 }, () => '.long 0')]
  const code = (name: string, bytes: string) =>
    `.section .text.${name},"ax"\n .globl ${name}\n .type ${name},@function\n ${name}: .byte ${bytes}\n .size ${name}, . - ${name}\n`
  const assembly = [
    code('f1', '0xf3, 0x0f, 0x1e, 0xfa, 0xb8, 1, 0, 0, 0, 0xc3, 0x90, 0x90'),
    code('f2', '0xb8, 2, 0, 0, 0, 0xc3, 0x90, 0x90'),
    `.section ${section},"a"\n ${entry.join('\n ')}\n`,
  ]
  return `asm(${JSON.stringify(`${assembly.join('')}.text\n`)});\n`
}

const ASKED = {
  '.altinstructions': { header: 'alternative.h', name: 'alt_instr', rules: 14 },
  '.ex_table': { header: 'uaccess.h', name: 'exception_table_entry', rules: 8 },
} as const

async function ask(section: keyof typeof ASKED, words: number, structure: string) {
  return inFolder(async folder => {
    const { header, name } = ASKED[section]
    const tree = tinyXen(join(folder, 'tree'), {
      'xen/common/f.c': unitWith(section, words),
      'xen/common/Makefile': 'obj-y += one.o\nobj-y += f.o\n',
      [`xen/include/asm/${header}`]: `struct ${name} { ${structure} };\n`,
    })
    make(tree)
    const options = { tree, target: 'xen', jobs: 2, progress: quiet, cacheFolder: join(folder, 'cache') } as const
    return verifyFile({
      payload: { name: 'fix', bytes: toyPayload() },
      symbols: toyImage(),
      tree: {
        options,
        peek: ({ object }) => (object === undefined ? undefined : readFileSync(object)),
      },
    })
  })
}

describe.skipIf(missing !== '')(`a tiny Xen (${missing || 'gcc and make are here'})`, () => {
  test.for([
    { section: '.altinstructions', words: 5 },
    { section: '.altinstructions', words: 6 },
    { section: '.ex_table', words: 3 },
  ] as const)('$section with entries of $words words', async ({ section, words }) => {
    const report = await ask(section, words, `int words[${words}];`)
    const { rules } = ASKED[section]
    // Its objects are read as they are, so that the code can be held against the image.
    expect(report.checks.find(({ code }) => code === 'running-code')).toMatchObject({
      status: 'passed',
      text: expect.stringContaining('functions: 2'),
    })
    expect(report).toMatchObject({ version: '4.17', accepted: false })
    expect(report.checks.filter(({ code }) => code === 'understood').map(({ text }) => text)).toEqual([
      expect.stringContaining(`entries of ${section} have ${4 * words} bytes in this tree, and ${rules} by the rules`),
    ])
  })

  test('what the compiler does not tell, the objects’ relocations do, and that is said', async () => {
    const report = await ask('.ex_table', 2, 'struct never words;')
    expect(report.checks.some(({ code }) => code === 'understood')).toBe(false)
    expect(report.checks.find(({ code }) => code === 'running-code')).toMatchObject({
      status: 'passed',
      warning: expect.stringMatching(/size of \.ex_table’s entries could not be asked/),
    })
  })
})
