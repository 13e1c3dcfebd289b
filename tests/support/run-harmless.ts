/** Builds harmless edits under every way, and counts what each says. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { quiet } from '../../src/trees/index.ts'
import { draws, harmlessEdit } from './harmless.ts'
import { answerOf, type HarmlessFacts } from './harmless-answer.ts'
import { createHotpatch, type OpenOptions, openTree } from './opened.ts'

export interface HarmlessOptions extends Pick<OpenOptions, 'toolchain' | 'toolchainPath'> {
  readonly tree: string
  readonly count: number
  readonly seed: number
  /** No edit is begun after so many seconds. */
  readonly seconds?: number
  /** Where compiles are kept; a folder of its own unless given. */
  readonly cache?: string
  readonly say?: (line: string) => void
}

export interface HarmlessResult {
  readonly edits: number
  /** What must not be: a way that can answer found something to do. */
  readonly wrong: readonly string[]
  /** A way said that it could not answer. */
  readonly unanswered: Readonly<Record<'neutral' | 'mask', number>>
  /** Functions that `ignore` would have replaced, and the refusals that it would have met. */
  readonly dragged: number
  readonly refusedByIgnore: number
}

const WAYS = ['neutral', 'mask', 'auto', 'ignore'] as const

export async function runHarmless({
  tree: folder,
  count,
  seed,
  seconds = Number.POSITIVE_INFINITY,
  cache,
  say = () => undefined,
  ...toolchain
}: HarmlessOptions): Promise<HarmlessResult> {
  const cacheFolder = cache ?? mkdtempSync(join(tmpdir(), 'hotsplice-harmless-'))
  const options: OpenOptions = {
    tree: folder,
    target: 'xen',
    jobs: 2,
    progress: quiet,
    cacheFolder,
    ...toolchain,
  }
  const begun = performance.now()
  const wrong: string[] = []
  const unanswered = { neutral: 0, mask: 0 }
  let edits = 0
  let dragged = 0
  let refusedByIgnore = 0
  try {
    const tree = await openTree(options)
    const draw = draws(seed)
    while (edits < count && performance.now() - begun < seconds * 1000) {
      const edit = await harmlessEdit(tree, draw)
      edits++
      for (const way of WAYS) {
        const run = await createHotpatch({ ...options, lines: way, patches: [{ name: 'edit', text: edit.patch }] })
        const found = run.selection.replacements.length
        if (way === 'ignore') {
          dragged += found
          refusedByIgnore += run.refusals.length > 0 ? 1 : 0
          continue
        }
        const answer = answerOf(way, factsOf(run))
        if (answer === 'wrong') wrong.push(`${way}: ${edit.kind} in ${edit.path}: ${namesOf(run)}\n${edit.patch}`)
        else if (answer === 'none' && way !== 'auto') unanswered[way]++
      }
      say(`${edits}/${count} ${edit.kind} in ${edit.path}: ignore would take ${dragged} so far`)
    }
  } finally {
    if (cache === undefined) rmSync(cacheFolder, { recursive: true, force: true })
  }
  return { edits, wrong, unanswered, dragged, refusedByIgnore }
}

type Run = Awaited<ReturnType<typeof createHotpatch>>

function factsOf({ selection, refusals, units, lines }: Run): HarmlessFacts {
  return {
    replaced: selection.replacements.length,
    refused: refusals.length,
    unsafe: lines.files.reduce((sum, { unsafe }) => sum + unsafe.length, 0),
    changed: units.flatMap(({ verdicts }) =>
      verdicts.functions.flatMap(({ verdict }) => (verdict.kind === 'changed' ? [verdict.because.what] : [])),
    ),
  }
}

function namesOf({ units, refusals }: Run): string {
  const changed = units.flatMap(({ verdicts }) =>
    verdicts.functions.flatMap(({ name, verdict }) =>
      verdict.kind === 'changed' ? [`${name} ${JSON.stringify(verdict.because)}`] : [],
    ),
  )
  return [...changed, ...refusals.map(({ code, text }) => `${code}: ${text}`)].join(', ')
}
