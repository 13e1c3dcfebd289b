/** What builds write down of their links, by the words of CMake and ninja. */
import { expect, test } from 'vitest'
import { LinkRecords } from './link-records.ts'
import { readLinkText } from './link-text.ts'
import { readNinjaFile } from './ninja-file.ts'

const made = (records: ReturnType<typeof readLinkText>) =>
  records?.map(({ output, inputs }) => `${output} < ${inputs.join(' ')}`)

test.for<readonly [what: string, text: string, records: readonly string[] | undefined]>([
  ['a program', '/usr/bin/cc -O2 a.o -o prog -Wl,-rpath,/x libfoo.a -lm ', ['/b/prog < /b/a.o /x /b/libfoo.a -lm']],
  ['an archive', '/usr/bin/ar qc libfoo.a a.o\n/usr/bin/ranlib libfoo.a\n', ['/b/libfoo.a < /b/qc /b/a.o']],
  ['a cross compiler’s', 'aarch64-linux-gnu-gcc-ar-12 rcs x.a a.o', ['/b/x.a < /b/rcs /b/a.o']],
  ['an archive behind options of its own', 'ar --plugin p.so qc libx.a x.o', ['/b/libx.a < /b/p.so /b/qc /b/x.o']],
  ['a thin archive', 'ar qcT libx.a x.o', ['/b/libx.a < /b/qcT /b/x.o']],
  ['one that is called so by a word', 'ar qc --thin libx.a x.o', ['/b/libx.a < /b/qc /b/x.o']],
  ['an archiver without an archive', 'ar qc x x.o', undefined],
  ['libraries in two words', 'cc -o p -l x --library=y -Wl,--library,z', ['/b/p < -lx -ly -lz']],
  ['whole archives', 'c++ -o p -Wl,--whole-archive,x.a,--no-whole-archive', ['/b/p < /b/x.a']],
  ['quoted words', `cc 'a b.o' -o p -Wl,-rpath,"\\$ORIGIN/lib"`, ['/b/p < /b/a b.o /b/$ORIGIN/lib']],
  ['a shell’s work', 'cc a.o -o p $(LIBS)', undefined],
  ['a linker script', 'cc a.o -o p -T x.ld', undefined],
  ['one that goes on to the linker', 'cc a.o -o p -Wl,-T,x.ld', undefined],
  ['a response file that is not there', 'cc -o p @none.rsp', undefined],
  ['something else', 'cmake -E copy a.o b.o', undefined],
])('link.txt: %s', ([, text, records]) => {
  expect(made(readLinkText(text, '/b'))).toEqual(records)
})

const NINJA: readonly (readonly [what: string, text: string, records: readonly string[] | undefined])[] = [
  ['an edge', 'build p: link a.o b.o', ['/b/p < /b/a.o /b/b.o']],
  ['implicit ones count, and those of order', 'build p: link a.o | x.a || y.a', ['/b/p < /b/a.o /b/x.a /b/y.a']],
  ['several outputs', 'build x.a y.a | z.a: ar a.o', ['/b/x.a < /b/a.o', '/b/y.a < /b/a.o', '/b/z.a < /b/a.o']],
  [
    'what the command of a rule names',
    'libs = x.a -lm\nrule link\n  command = cc $in -o $out $libs $more\n\nbuild p: link a.o\n  more = y.a',
    ['/b/p < /b/a.o /b/y.a /b/cc /b/x.a -lm'],
  ],
  [
    'what a rule writes into a response file',
    'rule link\n  command = cc @$out.rsp\n  rspfile = $out.rsp\n  rspfile_content = $in x.a\n\nbuild p: link a.o',
    ['/b/p < /b/a.o /b/cc /b/.rsp /b/x.a'],
  ],
  ['a response file of somebody else', 'rule link\n  command = cc @all.rsp\n\nbuild p: link a.o', undefined],
  [
    'bindings by any name, quoted',
    `build p: link a.o\n  objs = "x.a" 'y.a'`,
    [`/b/p < /b/a.o /b/"x.a" /b/'y.a' /b/x.a /b/y.a`],
  ],
  ['a sign at the end of a line', 'build p: link a$$\nbuild q: link b.o', ['/b/p < /b/a$', '/b/q < /b/b.o']],
  ['validations do not', 'build p: link a.o |@ check', ['/b/p < /b/a.o']],
  ['libraries among its variables', 'build p: link a.o\n  LINK_LIBRARIES = x.a -ly', ['/b/p < /b/a.o /b/x.a -ly']],
  ['variables of the file', 'dir = /c/\nbuild $dir/p: link $dir/a.o', ['/c/p < /c/a.o']],
  ['variables of the edge', `build p: link $\{o}\n  o = a.o`, ['/b/p < /b/a.o']],
  ['signs', 'build p$ q: link a$:b$$.o', ['/b/p q < /b/a:b$.o']],
  ['lines that go on', 'build p: link $\n    a.o $\n    b.o', ['/b/p < /b/a.o /b/b.o']],
  ['rules and comments', '# x\nrule link\n  command = cc $in\n\nbuild p: link a.o\ndefault p', ['/b/p < /b/a.o /b/cc']],
  ['another file', 'include rules\nbuild p: link $o', ['/b/p < /b/a.o']],
  ['one with a scope of its own', 'subninja rules\nbuild p: link $o.o', ['/b/p < /b/.o']],
  ['one that is not there', 'include none\nbuild p: link a.o', undefined],
  ['one that includes itself', 'include self\nbuild p: link a.o', undefined],
  ['what ninja has not', 'something else', undefined],
]

test.for(NINJA)('build.ninja: %s', ([, text, records]) => {
  const others: Readonly<Record<string, string>> = { '/b/rules': 'o = a.o\n', '/b/self': 'include self' }
  expect(made(readNinjaFile(text, '/b', path => others[path]))).toEqual(records)
})

const nothing = () => false
const everything = () => true

test('objects go into programs by way of archives and other names', () => {
  const records = new LinkRecords(
    [
      { output: '/b/libx.a', inputs: ['/b/a.o'] },
      { output: '/b/x', inputs: ['/b/libx.a'], isAlias: true },
      { output: '/b/p', inputs: ['/b/x', '/b/p.o'] },
      { output: '/b/q', inputs: ['-lx'] },
      { output: '/b/r', inputs: ['-l:libx.a', '/b/libs.so'] },
      { output: '/b/libs.so', inputs: ['/b/s.o'] },
      { output: '/b/t.o', inputs: ['/b/s.o'] },
      { output: '/b/t', inputs: ['/b/t.o'] },
    ],
    everything,
  )
  expect([...(records.linkedFrom('/b/a.o') ?? [])].sort()).toEqual(['/b/p', '/b/q', '/b/r'])
  expect([...(records.linkedFrom('/b/s.o') ?? [])].sort()).toEqual(['/b/libs.so', '/b/t'])
  expect(records.linkedFrom('/b/other.o')).toBeUndefined()
  expect(['/b/p', '/b/other'].map(path => records.makes(path))).toEqual([true, false])
})

test.for([
  { name: 'of a partial link by any name', inputs: ['/b/x.rel'], more: { output: '/b/x.rel', inputs: ['/b/x.o'] } },
  { name: 'of a program that is copied', inputs: ['/b/x'], more: { output: '/b/x', inputs: ['/b/x.o'] } },
  { name: 'of an archive that no step makes', inputs: ['/b/all.a'] },
  { name: 'of an object that no step makes', inputs: ['/b/all.o'] },
  { name: 'of a library that no step makes', inputs: ['-lall'] },
  { name: 'of what is made of one', inputs: ['/b/some.a'], more: { output: '/b/some.a', inputs: ['/b/all.a'] } },
])('what may have an object: a program $name', ({ inputs, more }) => {
  const own = { output: '/b/p', inputs: ['/b/x.o'] }
  const other = { output: '/b/q', inputs: ['/b/q.o', ...inputs] }
  const isGiven = (path: string) => ['/b/x.o', '/b/q.o'].includes(path)
  const records = new LinkRecords(more === undefined ? [own, other] : [own, other, more], isGiven)
  expect(records.linkedFrom('/b/x.o')).toContain('/b/q')
  expect(records.linkedFrom('/b/x.o')).toContain('/b/p')
})

test('what comes from elsewhere is in doubt only where nobody knows it', () => {
  const records = [
    { output: '/b/p', inputs: ['/b/x.o'] },
    { output: '/b/q', inputs: ['/usr/lib/libm.a', '-lm'] },
  ]
  expect([...(new LinkRecords(records, everything).linkedFrom('/b/x.o') ?? [])]).toEqual(['/b/p'])
  expect([...(new LinkRecords(records, nothing).linkedFrom('/b/x.o') ?? [])].sort()).toEqual(['/b/p', '/b/q'])
})
