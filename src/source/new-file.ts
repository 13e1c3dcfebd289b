/** A file that is put beside a patch, as the patch that would make it: from there on it is like any other. */
import type { PatchText } from './model.ts'

/** `path` is relative to what patches are relative to; `name` is what messages call it. */
export function patchOfNewFile(name: string, path: string, text: string): PatchText {
  const isWhole = text.endsWith('\n')
  const lines = (isWhole ? text.slice(0, -1) : text).split('\n')
  const head = `--- /dev/null\n+++ b/${path}\n@@ -0,0 +1,${lines.length} @@\n`
  const body = lines.map(line => `+${line}\n`).join('')
  return { name, text: `${head}${body}${isWhole ? '' : '\\ No newline at end of file\n'}`, strip: 1 }
}
