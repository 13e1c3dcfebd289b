/** From a tree's own headers to the payload's table of functions: a tiny Xen with the old loader's, the new one's, neither. */
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { inspectPayload } from '../../src/loaders/inspect.ts'
import { quiet } from '../../src/trees/index.ts'
import { createHotpatch } from '../support/opened.ts'
import { missingFor } from '../xen/tree.ts'
import { built, inFolder } from './support.ts'

const missing = missingFor('gcc', 'make', 'objcopy', 'ld')
const ID = '00112233445566778899aabbccddeeff00112233'

const PATCH = `--- a/xen/common/two.c
+++ b/xen/common/two.c
@@ -1 +1 @@
-int two(int x) { return (x ^ 1234567) * 31 + 7; }
+int two(int x) { return (x ^ 1234567) * 33 + 7; }
`
/** The tiny Xen's own function is too small for a jump. */
const TWO = 'int two(int x) { return (x ^ 1234567) * 31 + 7; }\n'

const ENTRY = 'xen/include/public/sysctl.h'
const LOADER = 'xen/include/xen/livepatch.h'
const OLD = 'struct livepatch_func { unsigned char opaque[31], applied, patch_offset; };\n'
const NEW = 'struct livepatch_func { unsigned char _pad[39]; };\n'
const STATE = 'struct livepatch_fstate { unsigned int applied; };\n'

interface Row {
  readonly of: string
  readonly files: Readonly<Record<string, string>>
  /** What the table is, or why there is no payload. */
  readonly comes: string
}

describe.skipIf(missing !== '')(`the table of functions (${missing || 'gcc and make are here'})`, () => {
  test.for<Row>([
    { of: 'the old headers', files: { [ENTRY]: OLD, [LOADER]: '' }, comes: 'writable' },
    { of: 'the new headers', files: { [ENTRY]: NEW, [LOADER]: STATE }, comes: 'read-only' },
    { of: 'no headers', files: {}, comes: 'loader-unknown' },
    { of: 'headers of both', files: { [ENTRY]: OLD, [LOADER]: STATE }, comes: 'loader-unknown' },
  ])('$of: $comes', ({ files, comes }) =>
    inFolder(async folder => {
      const { base } = (await built(folder, { 'xen/common/two.c': TWO, ...files })).facts
      const run = await createHotpatch({
        tree: base,
        target: 'xen',
        lines: 'ignore',
        patches: [{ name: 'change.patch', text: PATCH }],
        depends: ID,
        xenDepends: ID,
        jobs: 1,
        progress: quiet,
        cacheFolder: join(folder, 'cache'),
      })
      const model = run.payload && inspectPayload(run.payload.bytes)
      const table = model?.sections.find(({ name }) => name === '.livepatch.funcs')?.memory
      expect(table ?? run.refusals.map(({ code }) => code).join()).toBe(comes)
    }),
  )
})
