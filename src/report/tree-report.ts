/** The report of `hotsplice tree`: what was fetched and built, and how much of it is what was shipped. */

export interface DifferentFunction {
  readonly unit: string
  readonly function: string
  /** The first difference. */
  readonly text: string
}

/** The image that was shipped, held against objects that were built from its source. */
export interface ShippedComparison {
  readonly equal: number
  readonly different: readonly DifferentFunction[]
  /** Functions that were built, of which the shipped image has no name. */
  readonly absent: readonly { readonly unit: string; readonly function: string }[]
  /** What could not be compared. */
  readonly unchecked: readonly string[]
}

export interface TreeFacts {
  /** What the tree is for: of a kernel nothing is built, and so nothing compared. */
  readonly target: 'xen' | 'linux'
  readonly package: string
  readonly packageVersion: string
  /** For --tree. */
  readonly tree: string
  /** For --symbols. */
  readonly symbols: string
  /** The image that boots, as the package has it. */
  readonly image: string
  /** What the package's rules give to make. */
  readonly makeArguments: readonly string[]
  /** Settings that the package's own .config has and the build has not, or the other way round. */
  readonly otherConfig: readonly string[]
  readonly notices: readonly { readonly code: string; readonly text: string }[]
}

/** The JSON of `hotsplice tree`. */
export interface TreeReport extends TreeFacts, ShippedComparison {
  readonly schema: 1
  readonly command: 'tree'
  /** Of hotsplice. */
  readonly version: string
  readonly outcome: 'done'
}

const SHOWN = 10

export function treeText(report: TreeReport): string {
  if (report.target === 'linux') return kernelText(report)
  const { equal, different, absent, otherConfig, notices, unchecked, tree, image, symbols } = report
  const all = equal + different.length
  return [
    `${report.package} ${report.packageVersion}: ${equal} of ${all} functions that were built are the shipped image's, byte for byte`,
    ...listed(`${different.length} differ; a patch of them, or of what they are inlined into, is refused:`, different),
    ...listed(`${absent.length} are not in the image by their name, so that they cannot be replaced:`, absent),
    ...shown(otherConfig.map(each => `the configuration differs: ${each}`)),
    ...shown(unchecked.map(each => `not compared: ${each}`)),
    ...notices.map(({ text }) => `note: ${text}`),
    '',
    'To build a hotpatch for it, and to try it on that very image:',
    `  hotsplice build --tree ${tree} --symbols ${symbols} --patch fix.patch`,
    `  hotsplice rehearse fix.livepatch --hypervisor ${image}`,
  ].join('\n')
}

function kernelText({ package: name, packageVersion, otherConfig, notices, tree, symbols }: TreeReport): string {
  return [
    `${name} ${packageVersion}: the source is prepared with the package’s configuration; no kernel was built`,
    'each build proves of what it replaces that it is what the image runs',
    ...shown(otherConfig.map(each => `the configuration differs: ${each}`)),
    ...notices.map(({ text }) => `note: ${text}`),
    '',
    'To build a live patch for it, and to try it on that very image:',
    `  hotsplice build --target linux --tree ${tree} --symbols ${symbols} --patch fix.patch -o fix.ko`,
    `  hotsplice rehearse fix.ko --symbols ${symbols}`,
  ].join('\n')
}

function listed(title: string, functions: readonly (Omit<DifferentFunction, 'text'> & { readonly text?: string })[]) {
  if (functions.length === 0) return []
  const lines = functions.map(({ unit, function: name, text }) => {
    return `  ${name} (${unit})${text === undefined ? '' : `: ${text}`}`
  })
  return [title, ...shown(lines)]
}

function shown(lines: readonly string[]): readonly string[] {
  const rest = lines.length - SHOWN
  return rest > 0 ? [...lines.slice(0, SHOWN), `  and ${rest} more, in --json`] : lines
}
