/** What the lines of a patch are, for colours and for links. */

export type LineKind = 'text' | 'file' | 'hunk' | 'added' | 'removed' | 'context'

export interface HunkHead {
  readonly start: number
  readonly added: number
  readonly context: string
}

export interface ReadLine {
  readonly kind: LineKind
  readonly head?: HunkHead
}

/** Each line counts by what its hunk says is still to come: `--- x` may be a removed line. */
export function readLines(lines: readonly string[]): readonly ReadLine[] {
  let [old, now] = [0, 0]
  return lines.map(line => {
    if (old > 0 || now > 0 || line.startsWith('\\')) {
      const [kind, removed, added] = WITHIN[line[0] ?? ' '] ?? CONTEXT
      old -= removed
      now -= added
      return { kind }
    }
    const [, removed = '1', start, added = '1', context = ''] =
      /^@@ -\d+(?:,(\d+))? \+(\d+)(?:,(\d+))? @@ ?(.*)/.exec(line) ?? []
    if (start === undefined) return { kind: /^(?:diff |index |--- |\+\+\+ )/.test(line) ? 'file' : 'text' }
    ;[old, now] = [Number(removed), Number(added)]
    return { kind: 'hunk', head: { start: Number(start), added: now, context } }
  })
}

/** What a line takes of what is still to come of the original and of the patched text. */
const CONTEXT: readonly [LineKind, number, number] = ['context', 1, 1]
const WITHIN: Readonly<Record<string, readonly [LineKind, number, number]>> = {
  '-': ['removed', 1, 0],
  '+': ['added', 0, 1],
  '\\': ['context', 0, 0],
}

export function kindsOf(lines: readonly string[]): readonly LineKind[] {
  return readLines(lines).map(({ kind }) => kind)
}

/** Of all patches, one after the other. */
export function linesOfPatches(patches: readonly string[]): readonly string[] {
  return patches.flatMap(text => text.replace(/\n$/, '').split('\n'))
}
