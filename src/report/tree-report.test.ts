/** What is said of a tree that was made for an installed hypervisor. */
import { expect, test } from 'vitest'
import { type TreeReport, treeText } from './tree-report.ts'

const REPORT: TreeReport = {
  schema: 1,
  command: 'tree',
  version: '0',
  outcome: 'done',
  target: 'xen',
  package: 'xen-hypervisor-4.17-amd64',
  packageVersion: '4.17.5+72-1',
  tree: '/made/source',
  image: '/made/shipped/xen-4.17-amd64.gz',
  symbols: '/made/shipped/xen-syms-4.17-amd64',
  makeArguments: [],
  otherConfig: [],
  notices: [],
  equal: 3781,
  different: [],
  absent: [],
  unchecked: [],
}
const text = (change: Partial<TreeReport>) => treeText({ ...REPORT, ...change }).split('\n')

test('how much of it is what was shipped, and what to do with it', () => {
  expect(text({})).toEqual([
    "xen-hypervisor-4.17-amd64 4.17.5+72-1: 3781 of 3781 functions that were built are the shipped image's, byte for byte",
    '',
    'To build a hotpatch for it, and to try it on that very image:',
    '  hotsplice build --tree /made/source --symbols /made/shipped/xen-syms-4.17-amd64 --patch fix.patch',
    '  hotsplice rehearse fix.livepatch --hypervisor /made/shipped/xen-4.17-amd64.gz',
  ])
})

test('what differs is counted and named, ten of each', () => {
  const different = Array.from({ length: 12 }, (_, at) => ({
    unit: 'a.o',
    function: `f${at}`,
    text: 'byte 0x1 differs',
  }))
  const absent = [{ unit: 'lib/sort.o', function: 'sort' }]
  const lines = text({ equal: 8, different, absent, otherConfig: ['X is y in the package, not set here'] })
  expect(lines[0]).toContain('8 of 20 functions')
  expect(lines.slice(1, 15)).toEqual([
    '12 differ; a patch of them, or of what they are inlined into, is refused:',
    ...different.slice(0, 10).map(({ function: name }) => `  ${name} (a.o): byte 0x1 differs`),
    '  and 2 more, in --json',
    '1 are not in the image by their name, so that they cannot be replaced:',
    '  sort (lib/sort.o)',
  ])
  expect(lines[15]).toBe('the configuration differs: X is y in the package, not set here')
})

test('of a kernel nothing was built', () => {
  const image = '/made/shipped/boot/vmlinuz-6.1.0-50-amd64'
  const made = { target: 'linux', package: 'linux-image-6.1.0-50-amd64', packageVersion: '6.1.176-1' } as const
  expect(text({ ...made, image, symbols: image, equal: 0, otherConfig: ['GCC_VERSION is 120200 there'] })).toEqual([
    'linux-image-6.1.0-50-amd64 6.1.176-1: the source is prepared with the package’s configuration; no kernel was built',
    'each build proves of what it replaces that it is what the image runs',
    'the configuration differs: GCC_VERSION is 120200 there',
    '',
    'To build a live patch for it, and to try it on that very image:',
    `  hotsplice build --target linux --tree /made/source --symbols ${image} --patch fix.patch -o fix.ko`,
    `  hotsplice rehearse fix.ko --symbols ${image}`,
  ])
})
