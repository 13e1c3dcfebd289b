/** Whether a source may define a name for others. The texts are as the kernel's are. */
import { expect, test } from 'vitest'
import { mayDefine } from './kernel-vanished.ts'

test.each([
  ['a weak function', '\n__weak const char *name(struct vma *vma)\n{\n\treturn NULL;\n}\n', true],
  ['a weak function, the other way round', 'int __weak name(int cpu) { return 0; }', true],
  ['a plain one on two lines', 'unsigned long\nname(struct file *file,\n     unsigned long addr)\n{', true],
  ['one behind a comment', '/*\n * What name() does.\n */\nint name(void)\n{', true],
  ['one behind a directive', '#ifndef name\nint name(void)\n{\n}\n#endif', true],
  ['a weak variable', 'void __weak (*name)(void);', true],
  ['a static one', 'static int name(int cpu)\n{\n}', false],
  ['a call', 'void f(void)\n{\n\tname(3);\n}', false],
  ['a call in a condition', 'void f(void)\n{\n\tif (name(3)) {\n\t}\n}', false],
  ['a call that gives a value', 'void f(void)\n{\n\tint a = name(3), b;\n\tif (a) {\n\t}\n}', false],
  ['a declaration', 'extern int name(int cpu);\nint f(void)\n{\n}', false],
  ['a comment alone', '/* see name */\nint f(void)\n{\n}', false],
  ['a longer name', 'int other_name(void)\n{\n}', false],
])('%s', (_, text, expected) => {
  expect(mayDefine(text, 'name', false)).toBe(expected)
})

test.each([
  ['SYM_FUNC_START_WEAK(name)\n', true],
  ['SYM_CODE_START(name)\n', true],
  ['\t.weak name\n', true],
  ['\tcall name\n', false],
])('assembly: %s', (text, expected) => {
  expect(mayDefine(text, 'name', true)).toBe(expected)
})
