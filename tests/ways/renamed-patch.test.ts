import { expect, test } from 'vitest'
import { neutralPatch } from '../../src/flows/neutralize.ts'
import { XEN_PATHS } from '../../src/trees/xen/paths.ts'

const rename = (from: string, to: string) =>
  `diff --git a/${from} b/${to}\nsimilarity index 60%\nrename from ${from}\nrename to ${to}\n--- a/${from}\n+++ b/${to}\n@@ -1 +1,2 @@\n+int n;\n int a;\n`

test.for([
  ['xen/common/old.c', 'common/old.c'],
  ['xen/include/xen/old.h', './include/xen/old.h'],
  ['xen/arch/x86/include/asm/old.h', './arch/x86/include/asm/old.h'],
  ['xen/common/sched/private.h', 'common/sched/private.h'],
] as const)('a patch for other builders renames %s: the file is still called %s', ([path, name]) => {
  const to = path.replace(/\w+\.([ch])$/, 'new.$1')
  const read = (asked: string) => (asked === path ? 'int a;\n' : undefined)
  const { text, notes } = neutralPatch(
    [{ name: 'p', text: rename(path, to) }],
    { read },
    { style: 'auto', paths: XEN_PATHS },
  )
  expect(text).toContain(`+++ b/${to}\n@@ -1,1 +1,5 @@\n+#line 1 "${name}"\n+#line 2\n+int n;\n+#line 1\n int a;\n`)
  expect(notes).toContain(`${to}: keeps its old name for __FILE__: #line 1 "${name}"`)
})
