/**
 * `hotsplice tree debian`: from the package that is installed on a host to a tree that hotpatches for it are built in, with
 * the proof how far that tree is what runs there; of a kernel that is left to each build.
 */
import { readHypervisorSymbols } from '../../loaders/xen/symbols.ts'
import type { TreeReport } from '../../report/tree-report.ts'
import {
  inDebianTree,
  inKernelTree,
  openBase,
  parseKernelPackage,
  parsePackage,
  type RunOptions,
  readImage,
  wholeRun,
} from '../../trees/index.ts'
import { compareImage } from './compare-image.ts'

export interface TreeRequest extends RunOptions {
  /** `NAME=VERSION`. */
  readonly package: string
  /** Made, and must not be there. */
  readonly output: string
  /** Of hotsplice. */
  readonly version: string
}

export function debianTree(request: TreeRequest): Promise<TreeReport> {
  const { jobs, progress, cacheFolder, version, output } = request
  const kernel = parseKernelPackage(request.package)
  if (kernel !== undefined) return kernelTree(request, kernel)
  const wanted = parsePackage(request.package)
  return wholeRun(request, own =>
    inDebianTree(wanted, output, own, async ({ tree, image, symbols, makeArguments, otherConfig }) => {
      const options = { tree, target: 'xen', jobs, progress, cacheFolder } as const
      const base = { ...(await openBase(options, own)), run: own }
      progress.step('comparing what was built with what was shipped')
      const compared = await compareImage(base, sizes => readHypervisorSymbols(readImage(image), sizes))
      const notices = noticesOf(symbols, image)
      const facts = { package: wanted.name, packageVersion: wanted.version, tree, image, symbols }
      return {
        schema: 1,
        command: 'tree',
        version,
        outcome: 'done',
        target: 'xen',
        ...facts,
        makeArguments,
        otherConfig,
        notices,
        ...compared,
      }
    }),
  )
}

/** Which of a kernel's units a patch concerns, and that they are what runs, is found out when it is built. */
function kernelTree(
  request: TreeRequest,
  wanted: NonNullable<ReturnType<typeof parseKernelPackage>>,
): Promise<TreeReport> {
  const { version, output, cacheFolder } = request
  return wholeRun(request, own =>
    inKernelTree(wanted, output, own, async ({ image, ...made }) => {
      await openBase({ tree: made.tree, target: 'linux', cacheFolder }, own)
      const facts = { package: wanted.name, packageVersion: wanted.version, image, symbols: image, notices: [] }
      const nothing = { equal: 0, different: [], absent: [], unchecked: [] }
      return { schema: 1, command: 'tree', version, outcome: 'done', target: 'linux', ...facts, ...made, ...nothing }
    }),
  )
}

function noticesOf(symbols: string, image: string): TreeReport['notices'] {
  if (symbols === image) {
    const text = 'there is no package with xen-syms of that version; the names that the image has in itself are used'
    return [{ code: 'no-debug-package', text }]
  }
  const [named, boots] = [symbols, image].map(file => {
    return Buffer.from(readHypervisorSymbols(readImage(file)).buildId ?? []).toString('hex')
  })
  if (named === boots) return []
  const text = `xen-syms of the package has the build-id ${named}, and the image that boots ${boots}: give --symbols the latter`
  return [{ code: 'other-build-id', text }]
}
