/** The file with which a reader begins in each folder says what the folder is for. */
import { type Breach, product } from './sources.ts'

/** To add a stage: its main file. */
const MAIN_FILES = [
  'src/flows/hotpatch/hotpatch.ts',
  'src/source/apply-patches.ts',
  'src/ctext/lexer.ts',
  'src/lines/neutral.ts',
  'src/trees/index.ts',
  'src/correlate/correlate.ts',
  'src/compare/compare.ts',
  'src/select/select.ts',
  'src/type-layouts/shapes.ts',
  'src/assemble/assemble.ts',
  'src/verify/verify.ts',
  'src/report/model.ts',
  'src/hosts/rehearsal/rehearse.ts',
  'src/elf/model.ts',
  'src/pieces/model.ts',
  'src/loaders/sections.ts',
  'src/loaders/loader.ts',
  'src/cli/commands.ts',
]

export function headerBreaches(): readonly Breach[] {
  return MAIN_FILES.flatMap(file => {
    const text = product.find(({ path }) => path === file)?.text
    if (text === undefined) {
      return [{ file, fact: 'is not there', todo: 'name the folder\u2019s main file in tests/tidy/headers.ts' }]
    }
    if (text.startsWith('/**')) return []
    return [
      { file, fact: 'has no header', todo: 'begin with a comment: purpose, difficulty, what goes in and comes out' },
    ]
  })
}

/** Rules are read one by one, so each file of them begins with what it knows. */
export function ruleBreaches(): readonly Breach[] {
  return product
    .filter(({ path, text }) => /\/(rules|checks)\//.test(path) && !text.startsWith('/**'))
    .map(({ path }) => ({
      file: path,
      fact: 'has no header',
      todo: 'begin with a comment: which rules, from which source',
    }))
}
