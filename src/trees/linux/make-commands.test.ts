import { describe, expect, it } from 'vitest'
import { commandsIn, moduleIn, readMakeCommands } from './make-commands.ts'

const UNIT = 'fs/proc/cmdline.o'
const SOURCE = 'fs/proc/cmdline.c'
const MADE = { unit: UNIT, source: SOURCE, isSource: (word: string) => word === SOURCE }
const COMPILE = `gcc -Wp,-MMD,fs/proc/.cmdline.o.d -DKBUILD_MODFILE='"fs/proc/proc"' -c -o ${UNIT} ${SOURCE}`
const FIXDEP = `scripts/basic/fixdep fs/proc/.cmdline.o.d ${UNIT} 'gcc; ${UNIT}' > fs/proc/.cmdline.o.cmd`
const line = (...between: readonly string[]) =>
  `set -e;  echo '  CC      ${UNIT}';    trap 'rm -f ${UNIT}; trap - HUP; kill -s HUP $$' HUP; ${[COMPILE, ...between, FIXDEP].join(' ; ')}; rm -f x`

describe('how make says that a unit is compiled', () => {
  it('has the compiler’s words, and objtool without the object', () => {
    const found = readMakeCommands(`make -f x\n${line(`./tools/objtool/objtool --orc --sls   ${UNIT}`)}\n`, MADE)
    expect(found).toEqual({
      compile: ['gcc', '-Wp,-MMD,fs/proc/.cmdline.o.d', '-DKBUILD_MODFILE="fs/proc/proc"', '-c', '-o', UNIT, SOURCE],
      objtool: ['./tools/objtool/objtool', '--orc', '--sls'],
    })
  })

  it('is what the build has kept, where the object is there and make says nothing', () => {
    const step = `./tools/objtool/objtool --orc   ${UNIT}`
    const compiled = COMPILE.split(' -c ').join(" -DPRICE='$$$(pound)5' -c ")
    const kept = `cmd_${UNIT} := ${compiled}   ; ${step}\n\nsource_${UNIT} := ${SOURCE}\n`
    const found = readMakeCommands('make -f x\n:\n', MADE, kept)
    expect(found.compile).toContain('-DPRICE=$#5')
    expect(found.objtool).toEqual(['./tools/objtool/objtool', '--orc'])
    expect(readMakeCommands(line(), MADE, kept).compile).not.toContain('-DPRICE')
    expect(() => readMakeCommands(':\n', { ...MADE, unit: 'other.o' }, kept)).toThrow('it names no such command')
  })

  it('may have no step of objtool', () => {
    expect(readMakeCommands(line(), MADE).objtool).toBeUndefined()
  })

  it.each([
    ['another step', line(`objcopy --prefix-symbols=__efistub_ ${UNIT}`), 'linux/unknown-step'],
    ['a step behind objtool', line(`./tools/objtool/objtool ${UNIT}`, `ld -r ${UNIT}`), 'linux/unknown-step'],
    ['another unit only', line().replaceAll('cmdline', 'version'), 'linux/no-command'],
    ['the unit twice', `${line()}\n${line()}`, 'linux/no-command'],
    ['nothing', '', 'linux/no-command'],
  ])('is an error with %s', (_, output, code) => {
    expect(() => readMakeCommands(output, MADE)).toThrowError(expect.objectContaining({ code }))
  })

  it.each([
    ["a 'b;c' d; e", ["a 'b;c' d", ' e']],
    ['a "b\\";c"; d', ['a "b\\";c"', ' d']],
    ['a \\; b;', ['a \\; b', '']],
  ])('splits %s', (text, commands) => {
    expect(commandsIn(text)).toEqual(commands)
  })
})

it('tells the module that a unit is a part of, as the kernel calls it', () => {
  expect(moduleIn(['gcc', '-DKBUILD_MODNAME="cmdline"', '-c'])).toEqual({})
  expect(moduleIn(['gcc', '-DMODULE', '-DKBUILD_MODNAME="snd-pcm"', '-c'])).toEqual({ module: 'snd_pcm' })
  expect(() => moduleIn(['gcc', '-DMODULE', '-DKBUILD_MODNAME="one:two"'])).toThrow('which module')
  expect(() => moduleIn(['gcc', '-DMODULE'])).toThrow('which module')
})
