/** When asm-offsets.h is what a patched tree makes of it, told without the tree's own texts. */
import { expect, test } from 'vitest'
import { isAllOf } from './asm-offsets.ts'

const LINES = '#define UREGS_r15 0 /* offsetof */\n\n#define DOMAIN_assist 536 /* offsetof */'
const header = (lines: string) => `#ifndef __ASM_OFFSETS_H__\n#define __ASM_OFFSETS_H__\n\n${lines}\n\n#endif\n`

test.for([
  ['the same lines', LINES, LINES, true],
  ['another number', LINES, LINES.replace('536', '544'), false],
  ['a line less at the end', LINES, LINES.slice(0, LINES.indexOf('\n')), false],
  ['a line less at the start', LINES, LINES.slice(LINES.lastIndexOf('\n') + 1), false],
  ['a line less in between', `${LINES}\n#define END 1`, `${LINES.slice(0, LINES.indexOf('\n'))}\n#define END 1`, false],
  ['a line that goes on elsewhere', `${LINES}8`, LINES, false],
  ['nothing', '', '', false],
] as const)('%s', ([, now, made, isSame]) => expect(isAllOf(header(now), made)).toBe(isSame))
