/**
 * The first release of each branch and its tip, with a fix of our own: what a fix of upstream needs of a loader (a function
 * with alternatives, exceptions and a guest's memory, a string, another function) in one patch that fits all of them.
 */
import { createTwoFilesPatch } from 'diff'
import { git, type Series } from './history.ts'

interface Edit {
  /** Where it may stand, below the tree. */
  readonly files: readonly string[]
  readonly from: string
  readonly to: string
}

const MENDED = 'mended'
const EDITS: readonly Edit[] = [
  {
    files: ['xen/common/version.c'],
    from: 'const char *xen_extra_version(void)\n{\n    return XEN_EXTRAVERSION;\n',
    to: `const char *xen_extra_version(void)\n{\n    return "${MENDED}";\n`,
  },
  {
    // Moved after 4.21.
    files: ['xen/arch/x86/usercopy.c', 'xen/arch/x86/lib/copy-guest.c'],
    from: 'unsigned int clear_guest_pv(void __user *to, unsigned int n)\n{\n    if ( access_ok(to, n) )\n',
    to: 'unsigned int clear_guest_pv(void __user *to, unsigned int n)\n{\n    if ( n && access_ok(to, n) )\n',
  },
]

/** What is seen of it from dom0: the extra version, which begins with a point in each of them. */
export const RELEASE_BEHAVIOUR = {
  what: 'the extra version',
  call: 'hypercall xen_version 1 buffer:16',
  before: ': |.',
  fixed: `: |${MENDED}`,
}

/** In the order of the history; where nothing came after the release, that alone. */
export function releasesOf(history: string, branch: string): readonly Series[] {
  const refs = [`RELEASE-${branch}.0`, `stable-${branch}`]
  const commits = refs.map(ref => git(history, 'rev-parse', `${ref}^{commit}`).trim())
  return refs.flatMap((id, at) => {
    const commit = commits[at] ?? ''
    if (commits.indexOf(commit) !== at) return []
    return [{ branch, id, commits: [{ id: commit, parent: commit, message: '' }], patch: patchOn(history, commit) }]
  })
}

function patchOn(history: string, commit: string): string {
  const isThere = (path: string) => git(history, 'ls-tree', '--name-only', commit, path) !== ''
  return releasePatch(path => (isThere(path) ? git(history, 'show', `${commit}:${path}`) : undefined))
}

/** The fix on any source of them, whose files are named below the tree. */
export function releasePatch(read: (path: string) => string | undefined): string {
  return EDITS.map(({ files, from, to }) => {
    const [first] = files.flatMap(path => {
      const text = read(path)
      return text === undefined ? [] : [{ path, text }]
    })
    return edited(first?.path ?? files.join(' or '), first?.text ?? '', { from, to })
  }).join('')
}

/** Throws where the text is not there, or more than once. */
export function edited(file: string, text: string, { from, to }: Pick<Edit, 'from' | 'to'>): string {
  if (text.split(from).length !== 2) throw new Error(`${file} is not as it was in 4.17 to 4.22`)
  return createTwoFilesPatch(
    `a/${file}`,
    `b/${file}`,
    text,
    text.replace(from, () => to),
    '',
    '',
  )
}
