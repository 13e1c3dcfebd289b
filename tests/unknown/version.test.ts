/**
 * A Xen whose version is not known, or not told: by another version's rules a payload may pass that stops this one. Every
 * place that has to know whose rules to ask refuses, or ends with an error that says which are known.
 */
import { expect, test } from 'vitest'
import { InputError, InternalError } from '../../src/base/errors.ts'
import { compareObjects } from '../../src/flows/diff.ts'
import { assembleSelected } from '../../src/flows/hotpatch/assembled.ts'
import { loaderVersion } from '../../src/flows/hotpatch/loader-version.ts'
import { Stopwatch } from '../../src/flows/hotpatch/stopwatch.ts'
import { checkAssembled } from '../../src/flows/hotpatch/verify.ts'
import { type VerifyQuestion, verifyFile } from '../../src/flows/verify/verify.ts'
import { targetOf } from '../../src/loaders/loaders.ts'
import { PROCESS } from '../../src/loaders/process/process.ts'
import type { HypervisorSymbols } from '../../src/loaders/xen/symbols.ts'
import { XEN } from '../../src/loaders/xen/xen.ts'
import { select } from '../../src/select/select.ts'
import { verifyPayload, XEN_VERSIONS } from '../../src/verify/index.ts'
import { toyImage } from '../fuzz/toy-image.ts'
import { toyHypervisor, toyPayload } from '../verify/toy.ts'
import { unitFor, X86_64 } from './nothing.ts'

/** mov $NUMBER, %eax; ret */
const returns = (number: number) => [0xb8, number, 0, 0, 0, 0xc3, 0x90, 0x90, 0x90, 0x90, 0x90, 0x90, 0x90]

/** A toy that says which version it is. */
function toyOf([major, minor]: readonly [number, number]): HypervisorSymbols {
  const toy = toyHypervisor()
  const code = new Map([
    [0x1000n, returns(major)],
    [0x2000n, returns(minor)],
  ])
  return toyHypervisor({
    lookup: name =>
      name === 'xen_major_version' ? 0x1000n : name === 'xen_minor_version' ? 0x2000n : toy.lookup(name),
    bytesAt: (at, size) => (code.has(at) ? Uint8Array.from(code.get(at) ?? []) : toy.bytesAt(at, size)),
  })
}

const SILENT = toyHypervisor()

test.for([
  { name: 'a newer source', source: '4.23', image: SILENT, says: /^the tree is Xen 4\.23; .* 4\.17 to 4\.22/ },
  { name: 'an older source', source: '4.16', image: undefined, says: /^the tree is Xen 4\.16;/ },
  { name: 'a vendor’s own number', source: '9.1', image: SILENT, says: /^the tree is Xen 9\.1;/ },
  { name: 'a newer image', source: undefined, image: toyOf([4, 23]), says: /^the image is Xen 4\.23;/ },
  { name: 'both, of a newer version', source: '5.0', image: toyOf([5, 0]), says: /^the image is Xen 5\.0;/ },
  { name: 'image and source of two versions', source: '4.17', image: toyOf([4, 18]), says: /Xen 4\.18, .* Xen 4\.17/ },
  { name: 'neither of them', source: undefined, image: SILENT, says: /^neither the image nor/ },
])('build: $name is refused, with what is known', ({ source, image, says }) => {
  const { version, unversioned } = loaderVersion({ version: source }, image)
  expect(version).toBeUndefined()
  expect(unversioned).toMatchObject([{ code: 'unknown-version', text: expect.stringMatching(says) }])
  expect(unversioned[0]?.hint).toContain('4.17 to 4.22')
})

test.for(XEN_VERSIONS.map(version => ({ version })))('build: $version is known from either side', ({ version }) => {
  const [major = 0, minor = 0] = version.split('.').map(Number)
  const known = { version, unversioned: [] }
  expect(loaderVersion({ version }, undefined)).toEqual(known)
  expect(loaderVersion({ version }, SILENT)).toEqual(known)
  expect(loaderVersion({ version: undefined }, toyOf([major, minor]))).toEqual(known)
  expect(loaderVersion({ version }, toyOf([major, minor]))).toEqual(known)
})

test.for([
  { loader: XEN, refused: ['unknown-version'] },
  // It checks for itself.
  { loader: PROCESS, refused: [] },
])('build: what was selected for a $loader.name of no version: $refused', ({ loader, refused }) => {
  const target = targetOf(loader, X86_64)
  const changed = unitFor(X86_64, { section: '.text.f', at: 10, of: 'byte' })
  const verdicts = compareObjects({ original: unitFor(X86_64), patched: changed }, loader)
  const units = [{ unit: 'unit.o', fileSymbol: 'unit.c', verdicts }]
  const nothing = { refusals: [], warnings: [], notices: [] }
  const affected = { ...nothing, affected: [], generated: new Map(), renamed: new Map() }
  const assembled = assembleSelected(
    {
      affected,
      units,
      target,
      program: nothing,
      shapes: nothing,
      stores: { ...nothing, modinfo: [] },
      selection: select(units, { target, denied: () => undefined }),
      originals: [],
      code: { ...nothing, expectations: new Map() },
      running: {
        ...nothing,
        ...loaderVersion({ version: '4.23' }, SILENT),
        tableUse: 'reads',
        isImage: true,
        symbols: SILENT,
        depends: SILENT.buildId,
        xenDepends: SILENT.buildId,
        namesOnly: false,
        below: [],
        memory: undefined,
        expect: 'no',
      },
    },
    new Stopwatch({}),
  )
  const codes = assembled.refusals.map(({ code }) => code)
  expect(codes.filter(code => code === 'unknown-version')).toEqual(refused)
  if (refused.length > 0) expect(assembled.payload).toBeUndefined()
})

test('build: a payload that no rules could be asked about does not leave the tool', () => {
  const payload = { bytes: toyPayload(), buildId: '', sections: [], map: [], symbols: [], notices: [] }
  const running = { symbols: SILENT, version: undefined, tableUse: 'reads' as const, below: [] }
  const rest = { running, options: {}, entrySizes: undefined, watch: new Stopwatch({}) }
  expect(() => checkAssembled(payload, { ...rest, target: targetOf(XEN, X86_64) })).toThrow(InternalError)
  expect(checkAssembled(payload, { ...rest, target: targetOf(PROCESS, X86_64) }).payload).toBe(payload)
})

/** The image as its linker leaves it, with another number in place of the minor version. */
function imageOf(minor: number | undefined): Uint8Array {
  const image = Buffer.from(toyImage())
  const at = image.indexOf(Uint8Array.from(returns(17)))
  // Without the load, no number is told.
  if (minor === undefined) image[at] = 0x90
  else image[at + 1] = minor
  return new Uint8Array(image)
}

const ask = (symbols: Uint8Array, more: Partial<VerifyQuestion> = {}) =>
  verifyFile({ payload: { name: 'fix', bytes: toyPayload() }, symbols, ...more })

const errorOf = async (question: Promise<unknown>) => {
  const error: unknown = await question.then(
    () => undefined,
    thrown => thrown,
  )
  return error instanceof InputError ? { code: error.code, text: error.message, hint: error.hint } : error
}

test.for([
  { name: 'says 4.17', minor: 17, version: '4.17' },
  { name: 'says 4.22', minor: 22, version: '4.22' },
])('verify: of an image that $name, the rules of $version', async ({ minor, version }) => {
  expect((await ask(imageOf(minor))).version).toBe(version)
})

test.for([
  { name: 'says 4.23', minor: 23, says: /symbols are those of Xen 4\.23, .* 4\.17 to 4\.22 are$/ },
  { name: 'says 4.16', minor: 16, says: /symbols are those of Xen 4\.16, / },
  { name: 'says nothing', minor: undefined, says: /do not say which version .* 4\.17 to 4\.22$/ },
])('verify: of an image that $name, an error that says which are known', async ({ minor, says }) => {
  const error = await errorOf(ask(imageOf(minor)))
  expect(error).toMatchObject({
    code: 'verify/unknown-version',
    text: expect.stringMatching(says),
    hint: expect.stringContaining('--xen-version'),
  })
  // Who says whose rules to ask, gets those.
  expect((await ask(imageOf(minor), { xenVersion: '4.20' })).version).toBe('4.20')
})

test('verify: how much memory there is for payloads, the image alone tells', () => {
  const payload = { payload: toyPayload(), version: '4.20', on: [] } as const
  const memory = (symbols: HypervisorSymbols | undefined) =>
    verifyPayload({ ...payload, symbols }).checks.find(({ code }) => code === 'memory')
  expect(memory(toyHypervisor())).toMatchObject({ status: 'passed' })
  const { lookup } = SILENT
  const endless = toyHypervisor({ lookup: name => (name === '__2M_rwdata_end' ? undefined : lookup(name)) })
  for (const symbols of [undefined, toyHypervisor({ format: 'efi' }), endless]) {
    expect(memory(symbols)).toMatchObject({ status: 'not-applicable' })
    expect(verifyPayload({ ...payload, symbols }).complete).toBe(false)
  }
})
