import { expect, test } from 'vitest'
import { compile, hasGcc, withoutGcc } from '../../tests/support/gcc.ts'
import { PROGRAM_RULES, RULES, selectFrom } from '../../tests/support/judge.ts'

const HEAD = `extern void note(int); extern void other(int); extern int flag;
static __attribute__((noinline)) void own(int a) { flag += a; }
#define NO_CALL(caller, callee) static const char *const lost[2] \\
  __attribute__((used, section(".livepatch.ignore.calls"))) = { caller, callee };
`
const OPTIONS = ['-O2', '-fcf-protection=none', '-ffunction-sections', '-fno-pic', '-mcmodel=kernel']
const selected = (before: string, after: string, { callee = 'note', caller = 'f', rules = RULES } = {}) => {
  const objects = [before, `${after}\nNO_CALL("${caller}", "${callee}")`].map(text => compile(HEAD + text, OPTIONS))
  return selectFrom(objects[0] ?? new Uint8Array(), objects[1] ?? new Uint8Array(), rules)
}
const F = 'int f(int a) { note(a); other(a); note(2); own(a); return a + flag; }'
const LOST = 'int f(int a) { other(a); own(a); return a + flag; }'

test.skipIf(!hasGcc)(`both calls of what goes${withoutGcc}`, () => {
  const { replacements, switchedOff, refusals, pieces, notices } = selected(F, LOST)
  expect([replacements, refusals, pieces]).toEqual([[], [], []])
  expect(switchedOff.map(({ runningName, callee, calls }) => [runningName, callee, calls.length])).toEqual([
    ['f', 'note', 2],
  ])
  expect(switchedOff[0]?.calls.every(({ size }) => size === 5)).toBe(true)
  expect(notices.map(({ code }) => code)).toContain('call-switched-off')
})

const WRONG: readonly (readonly [string, string, string, string, object?])[] = [
  ['one stays', F, F.replace('note(2);', ''), 'its new code calls note, too'],
  ['another goes, too', F, LOST.replace('other(a);', ''), 'does not lead to other any more'],
  ['another goes once', F.replace('own(a);', 'own(a); other(3);'), LOST, 'lead to other as often'],
  ['something is used besides', F, LOST.replace('a + flag', 'a + flag + (int)(long)&f'), 'its new code uses f'],
  ['nothing of that name is called', F, LOST, 'its old code does not call absent', { callee: 'absent' }],
  ['the compiler knew it', F, F.replace('own(a);', ''), 'of the same unit', { callee: 'unit.c#own' }],
  ['it is the last thing', 'void f(int a) { other(a); note(a); }', 'void f(int a) { other(a); }', 'ends in a jump'],
  [
    'nothing comes behind it',
    'extern void __attribute__((noreturn)) stop(int); int f(int a) { if ( a ) return flag; other(a); stop(a); }',
    'int f(int a) { if ( a ) return flag; other(a); __builtin_unreachable(); }',
    'its last instruction',
    { callee: 'stop' },
  ],
  ['nothing changes', F, F, 'the patch does not change'],
  ['a program', F, LOST, 'how a call is switched off is not known', { rules: PROGRAM_RULES }],
]
test.skipIf(!hasGcc).for(WRONG)(`%s: refused${withoutGcc}`, ([, before, after, words, more]) => {
  const { refusals, switchedOff } = selected(before, after, more)
  expect(refusals.map(({ code }) => code)).toContain('call-stays')
  expect(refusals.map(({ text }) => text).join('\n')).toContain(words)
  expect(switchedOff).toEqual([])
})
