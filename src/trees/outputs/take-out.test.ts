import { describe, expect, test } from 'vitest'
import { takeApart } from '../command.ts'
import { OUTPUT_OPTIONS } from './table.ts'
import { withoutOutputs } from './take-out.ts'

const left = (words: string) => withoutOutputs(words.split(' ')).join(' ')

describe('options that write further files', () => {
  test.for([
    [
      'to the assembler, in a list',
      '-O2 -Wa,-I/x,-adhlns=a.lst,--noexecstack -c a.c',
      '-O2 -Wa,-I/x,--noexecstack -c a.c',
    ],
    ['to the assembler, a list of nothing else', '-Wa,-adhlns=a.lst -c a.c', '-c a.c'],
    [
      'to the assembler, a word at a time',
      '-Xassembler -MD -O2 -Xassembler a.d -Xassembler -R -c a.c',
      '-O2 -Xassembler -R -c a.c',
    ],
    ['to the preprocessor, behind another', '-Wp,-DX,-MD,a.dep -c a.c', '-Wp,-DX -c a.c'],
    ['to the preprocessor, in two lists', '-Wp,-MMD -Wp,a.dep,-DX -c a.c', '-Wp,-DX -c a.c'],
    ['to the preprocessor, a word at a time', '-Xpreprocessor -MD -Xpreprocessor a.dep -c a.c', '-c a.c'],
    [
      'to clang’s own compiler',
      '-Xclang -dependency-file -Xclang a.d -Xclang -vectorize-loops a.c',
      '-Xclang -vectorize-loops a.c',
    ],
    ['to LLVM', '-mllvm -pass-remarks-output=a.yaml -mllvm -unroll-count=2 a.c', '-mllvm -unroll-count=2 a.c'],
    ['with a value of their own', '-aux-info a.h -dumpdir x. -O2 -MJ a.json a.c', '-O2 a.c'],
    ['joined to their value', '-fopt-info-all=a.txt -time=b -fdump-go-spec=c -fprofile-note=d a.c', 'a.c'],
    [
      'exchanged for a form that writes beside the object',
      '-save-temps -save-temps=cwd --save-temps a.c',
      '-save-temps=obj -save-temps=obj -save-temps=obj a.c',
    ],
    [
      'that write where the compiler likes',
      '-fstack-usage -gsplit-dwarf -da -fdump-tree-all -fcallgraph-info=su a.c',
      'a.c',
    ],
  ])('%s', ([, words = '', rest]) => {
    expect(left(words)).toBe(rest)
  })

  test('none of them is taken for another', () => {
    const words =
      '-MDx -fdata-sections -march=native -Map=x -fopt-info -time -g -Wa,--MDx -dynamic -D -fdumped -Wl,-a=x -mdump a.c'
    expect(left(words)).toBe(words)
  })

  test.for(
    Object.values(OUTPUT_OPTIONS)
      .flat()
      .map(({ example, word, value }) => ({ example, word, value })),
  )('the example of a row fits it: $example', ({ example, word, value }) => {
    const [first = '', ...rest] = example.split(' ')
    expect(first).toMatch(word)
    expect(rest.length).toBe(value === true ? 1 : 0)
  })
})

test.for(['-o a.o', '-oa.o', '--output=a.o', '--output a.o'])('the object’s name, written %s', words => {
  const { output, options } = takeApart(['gcc', '-c', 'a.c', ...words.split(' ')])
  expect({ output, options }).toEqual({ output: 'a.o', options: ['-c', 'a.c'] })
})

test('the assembler’s output is not the compiler’s', () => {
  const words = 'gcc -Xassembler -o -Xassembler other.o -Wa,-o,third.o -c a.c -o a.o'
  expect(takeApart(words.split(' '))).toMatchObject({ output: 'a.o', options: ['-c', 'a.c'] })
})

test('settings in front of a compiler that make it write go too', () => {
  const words = 'env CCACHE_DIR=/x DEPENDENCIES_OUTPUT=deps TMPDIR=tmp gcc -c a.c'
  expect(takeApart(words.split(' ')).launcher).toEqual(['env', 'CCACHE_DIR=/x'])
})
