import { expect, test } from 'vitest'
import { readDependencyFile } from './dependency-file.ts'

test.for([
  { name: 'a rule over several lines', text: 'x: a.c b.h \\\n  c.h \\\r\n d.h\n', files: ['a.c', 'b.h', 'c.h', 'd.h'] },
  { name: 'only the first rule', text: 'x: a.c b.h\nb.h:\n', files: ['a.c', 'b.h'] },
  {
    name: 'a name with a space, a dollar and a hash',
    text: 'x: a\\ b.c c$$d.h e\\#f.h\n',
    files: ['a b.c', 'c$d.h', 'e#f.h'],
  },
  { name: 'a name with a colon inside', text: 'x: a:b.c\n', files: ['a:b.c'] },
  { name: 'each file once', text: 'x: a.c b.h b.h\n', files: ['a.c', 'b.h'] },
  { name: 'nothing', text: '', files: [] },
])('$name', ({ text, files }) => {
  expect(readDependencyFile(text)).toEqual(files)
})
