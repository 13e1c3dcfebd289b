/** Fixes of Xen's stable branches, found in the fetched history by what their messages say. */
import { execFileSync } from 'node:child_process'

export interface Commit {
  readonly id: string
  readonly parent: string
  readonly message: string
}

/** The commits of one fix on one branch, in their order. */
export interface Series {
  /** As `4.17`. */
  readonly branch: string
  /** `XSA-430`, or the short id of an ordinary fix. */
  readonly id: string
  readonly commits: readonly Commit[]
  /** One of our own, in place of what the commits changed: each of them is a base then. */
  readonly patch?: string
}

export const BRANCHES = ['4.17', '4.18', '4.19', '4.20', '4.21', '4.22'] as const

/** What `git log` is asked for, and what stands behind each commit. */
const FORMAT = '%H %P%n%B%x00'

export function git(history: string, ...args: readonly string[]): string {
  return execFileSync('git', ['-C', history, ...args], { encoding: 'utf8', maxBuffer: 2 ** 28 })
}

/** The commits of a stable branch since its first release that touch any of these paths, the oldest first. */
export function commitsOf(history: string, branch: string, paths: readonly string[]): readonly Commit[] {
  const range = `RELEASE-${branch}.0..stable-${branch}`
  return readLog(git(history, 'log', '--reverse', '--no-merges', `--format=${FORMAT}`, range, '--', ...paths))
}

export function readLog(text: string): readonly Commit[] {
  return text.split('\0').flatMap(entry => {
    const [first = '', ...message] = entry.trimStart().split('\n')
    const [id, parent] = first.split(' ')
    return id === undefined || parent === undefined ? [] : [{ id, parent, message: message.join('\n') }]
  })
}

/** Security fixes: commits that say which advisory they are, or are part of. One that only mentions another is not of it. */
export function securitySeries(branch: string, commits: readonly Commit[]): readonly Series[] {
  const byId = new Map<string, Commit[]>()
  for (const commit of commits) {
    for (const id of advisoriesOf(commit.message)) byId.set(id, [...(byId.get(id) ?? []), commit])
  }
  return [...byId].map(([id, own]) => ({ branch, id, commits: own }))
}

/** Whole, the parts that touch other machines alone included: what comes after them is written upon them. */
export function seriesTouching(series: readonly Series[], touching: ReadonlySet<string>): readonly Series[] {
  return series.filter(({ commits }) => commits.some(({ id }) => touching.has(id)))
}

/** `This is part of XSA-469 / CVE-…`, `This is CVE-… / XSA-494`, `Everything together is XSA-501`. */
export function advisoriesOf(message: string): readonly string[] {
  const own = message.matchAll(/^(?:This (?:is )?|Everything together is ).*?\b(XSA-\d+)\b/gm)
  return [...new Set([...own].map(([, id = '']) => id))]
}

/** Ordinary fixes: commits that say which commit they mend, and are of no advisory. */
export function ordinaryFixes(branch: string, commits: readonly Commit[]): readonly Series[] {
  return commits
    .filter(({ message }) => /^Fixes: [0-9a-f]{8,}/m.test(message) && advisoriesOf(message).length === 0)
    .map(commit => ({ branch, id: commit.id.slice(0, 12), commits: [commit] }))
}
