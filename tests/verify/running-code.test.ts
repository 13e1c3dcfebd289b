/**
 * Is it the code that runs? Xen's own image against Xen's own objects: every function of the tree; the image with bytes
 * changed on purpose; images and objects of other flags; and the memory of a Xen that has booted.
 * All of them by script: `npx tsx scripts/running-code.ts`.
 */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { checkCode } from '../../src/flows/hotpatch/running-code.ts'
import { compareReplaced } from '../../src/flows/verify/compare-tree.ts'
import { type HypervisorSymbols, readHypervisorSymbols } from '../../src/loaders/xen/symbols.ts'
import { isEndless } from '../../src/machines/x86-64/endless.ts'
import { compileUnits, quiet, type Tree } from '../../src/trees/index.ts'
import { RunningImage, type VerifyReport, verifyAndLoad, withCode } from '../../src/verify/index.ts'
import { createHotpatch, openTree } from '../support/opened.ts'
import { hotsplice } from '../xen/command.ts'
import { type Edit, patchText } from '../xen/edits.ts'
import { missingFor, toBootXen, toBuildXen, xenTree } from '../xen/tree.ts'
import { basePayload, RECIPES } from './base-payloads.ts'
import { bootReadable } from './memory.ts'
import { Random } from './random.ts'
import {
  checkUnits,
  labelOf,
  linkedObjects,
  NOT_LINKED,
  type ReadUnit,
  readUnits,
  replaceable,
  type UnitFinding,
} from './running-code-support.ts'

const missing = missingFor(...toBuildXen, ...toBootXen)
const SEED = 4711
const SAMPLE = 250

const different = (findings: readonly UnitFinding[]) => findings.filter(({ difference }) => difference !== undefined)

describe.skipIf(missing !== '')(`with the real Xen ${missing}`, () => {
  let units: readonly ReadUnit[] = []
  let tree: Tree
  let cacheFolder = ''
  const folder = () => join(xenTree('release'), 'xen')
  const fresh = (config: 'release' | 'debug' = 'release') => {
    return readHypervisorSymbols(readFileSync(join(xenTree(config), 'xen', 'xen-syms')))
  }
  /** The image's own bytes: what is written there changes what is read. */
  const change = (symbols: HypervisorSymbols, address: bigint) => {
    const bytes = symbols.bytesAt(address, 1)
    if (bytes === undefined) throw new Error(`nothing at ${address}`)
    bytes[0] = (bytes[0] ?? 0) ^ 0x5a
  }

  beforeAll(async () => {
    cacheFolder = mkdtempSync(join(tmpdir(), 'hotsplice-code-'))
    units = readUnits(await linkedObjects(folder()))
    tree = await openTree({ tree: folder(), target: 'xen', jobs: 2, progress: quiet, cacheFolder })
  })
  afterAll(() => rmSync(cacheFolder, { recursive: true, force: true }))

  test('what boots is enough to see it, without xen-syms', () => {
    const of = (name: string) => new RunningImage(readHypervisorSymbols(readFileSync(join(folder(), name))))
    const { findings } = checkUnits(units, of('xen.gz'))
    expect(different(findings).map(labelOf)).toEqual(NOT_LINKED)
    expect(findings.length).toBeGreaterThan(3700)
    expect(findings.flatMap(({ unchecked }) => unchecked)).toEqual([])
    // There files' names are cut to 14 characters: what is known by one is not found, and is not called the same.
    const cut = different(checkUnits(units, of('xen.efi')).findings).filter(each => !NOT_LINKED.includes(labelOf(each)))
    expect(cut.filter(({ difference }) => !/reaches [^ #]{14}#/.test(difference?.text ?? ''))).toEqual([])
    expect(cut.length).toBeLessThan(10)
  })

  test('every function that could be replaced is the code that runs, and nothing is left unsaid', () => {
    const { findings } = checkUnits(units, new RunningImage(fresh()))
    expect(different(findings).map(labelOf)).toEqual(NOT_LINKED)
    expect(findings.length).toBeGreaterThan(3700)
    expect(findings.flatMap(({ unchecked }) => unchecked)).toEqual([])
    expect(findings.reduce((sum, { entries }) => sum + entries, 0)).toBeGreaterThan(5000)
  })

  test(`one byte changed in each of up to ${SAMPLE} functions: exactly these are found, at that byte`, () => {
    const random = new Random(SEED)
    const symbols = fresh()
    const right = checkUnits(units, new RunningImage(fresh())).findings
    const chosen = new Map<string, number>()
    for (let round = 0; round < SAMPLE; round++) {
      const finding = right[random.below(right.length)]
      if (finding === undefined || NOT_LINKED.includes(labelOf(finding)) || chosen.has(labelOf(finding))) continue
      const offset = random.below(Math.max(1, symbols.symbolsAt(finding.address)[0]?.size ?? 1))
      change(symbols, finding.address + BigInt(offset))
      chosen.set(labelOf(finding), offset)
    }
    expect(chosen.size).toBeGreaterThan(SAMPLE / 2)
    const found = different(checkUnits(units, new RunningImage(symbols)).findings)
    // Where two symbols name one function, both are found.
    const names = new Set(found.map(labelOf))
    expect([...chosen.keys()].filter(name => !names.has(name))).toEqual([])
    const addresses = new Set([...chosen.keys()].map(name => right.find(one => labelOf(one) === name)?.address))
    const others = found.filter(one => !addresses.has(one.address) && !NOT_LINKED.includes(labelOf(one)))
    expect(others.map(labelOf)).toEqual([])
    for (const one of found) {
      const offset = chosen.get(labelOf(one))
      if (offset === undefined) continue
      // A field that leads elsewhere is told by its first byte.
      const distance = offset - (one.difference?.offset ?? Number.NaN)
      expect(distance, labelOf(one)).toBeGreaterThanOrEqual(0)
      expect(distance, labelOf(one)).toBeLessThan(8)
    }
  })

  test.for([
    {
      what: 'a bug frame',
      place: (s: HypervisorSymbols) => s.lookup('__start_bug_frames'),
      by: 3n,
      says: /bug_frames/,
    },
    {
      what: 'an alternative',
      place: (s: HypervisorSymbols) => s.lookup('__alt_instructions'),
      by: 8n,
      says: /altinstructions/,
    },
    {
      what: "an exception's fixup",
      place: (s: HypervisorSymbols) => s.lookup('__start___ex_table'),
      by: 4n,
      says: /ex_table/,
    },
  ])('$what changed in its table is found in its function', ({ place, by, says }) => {
    const symbols = fresh()
    const start = place(symbols)
    // Some entries belong to code that cannot be replaced: one in ten is enough to be sure of one that can.
    for (let index = 0; index < 40; index++) change(symbols, (start ?? 0n) + BigInt(index) * 56n + by)
    const found = different(checkUnits(units, new RunningImage(symbols)).findings)
    const told = found.filter(one => !NOT_LINKED.includes(labelOf(one)))
    expect(told.length).toBeGreaterThan(0)
    for (const one of told) expect(one.difference?.text).toMatch(says)
  })

  test('a string changed in the image is found in the functions that print it', () => {
    const symbols = fresh()
    const text = Buffer.from('crashed on cpu#')
    const start = symbols.lookup('_etext') ?? 0n
    const rodata = symbols.bytesAt((start + 0xfffn) & ~0xfffn, 0x50000)
    const at = Buffer.from(rodata ?? []).indexOf(text)
    expect(at).toBeGreaterThan(0)
    change(symbols, ((start + 0xfffn) & ~0xfffn) + BigInt(at) + 4n)
    const found = different(checkUnits(units, new RunningImage(symbols)).findings)
    const told = found.filter(one => !NOT_LINKED.includes(labelOf(one)))
    expect(told.length).toBeGreaterThan(0)
    for (const one of told) expect(one.difference?.text).toContain('crashed')
  })

  test("another configuration's image is another system's code", () => {
    const { findings } = checkUnits(units, new RunningImage(fresh('debug')))
    expect(different(findings).length / findings.length).toBeGreaterThan(0.9)
  })

  test('an object of other flags is not the code that runs; one of the same flags is, compiled again', async () => {
    const unit = tree.units.find(each => each.unit === 'common/memory.o')
    if (unit === undefined) throw new Error('there is no such unit')
    const compiled = await compileUnits(tree, [
      { unit, overlay: new Map(), label: 'same' },
      { unit, overlay: new Map(), label: 'other', extraFlags: ['-O1'] },
    ])
    const image = new RunningImage(fresh())
    const [same, other] = compiled.map(({ object }) => {
      return checkUnits(readUnits([{ unit: unit.unit, bytes: object }]), image).findings
    })
    expect(different(same ?? [])).toEqual([])
    expect((same ?? []).length).toBeGreaterThan(8)
    expect(different(other ?? []).length).toBeGreaterThan((other ?? []).length / 2)
  })

  test('functions that never return are told from others', () => {
    const endless = units.flatMap(({ map }) =>
      replaceable(map).flatMap(({ name, section, offset, size, references }) => {
        const code = map.object.sections[section]?.bytes.subarray(offset, offset + size) ?? new Uint8Array()
        const fields = references.map(reference => reference.offset)
        return isEndless(code, fields) ? [name] : []
      }),
    )
    expect(endless).toEqual(expect.arrayContaining(['idle_loop', 'machine_halt', 'play_dead', 'panic']))
    expect(endless.length).toBeLessThan(25)
  })

  test('a patch of one that never returns is built, with a word about it; of one on the deny-list, refused', async () => {
    const build = (edit: Edit) => {
      const patches = [{ name: 'p', text: patchText(xenTree('source'), [edit]) }]
      return createHotpatch({ tree: folder(), target: 'xen', jobs: 2, progress: quiet, cacheFolder, patches })
    }
    const halt = { file: 'xen/arch/x86/shutdown.c', after: '\nvoid machine_halt(void)' }
    const built = await build({ ...halt, find: 'watchdog_disable();', put: 'watchdog_disable(); watchdog_disable();' })
    expect(built.refusals).toEqual([])
    expect(built.notices.map(({ code }) => code)).toContain('never-returns')
    const idle = { file: 'xen/arch/x86/domain.c', after: 'cf_check idle_loop(void)' }
    const refused = await build({ ...idle, find: '(pm_idle, cpu)', put: '(pm_idle, cpu + 1)' })
    expect(refused.payload).toBeUndefined()
    expect(refused.refusals).toMatchObject([{ code: 'never-returns', unit: 'arch/x86/domain.o', symbol: 'idle_loop' }])
  })

  describe('one patched function', () => {
    const edit: Edit = {
      file: 'xen/common/version.c',
      find: 'return XEN_EXTRAVERSION;',
      put: 'return XEN_EXTRAVERSION "-x";',
    }
    const other = (): { readonly file: string; readonly symbols: HypervisorSymbols } => {
      const bytes = readFileSync(join(folder(), 'xen-syms'))
      const symbols = readHypervisorSymbols(bytes)
      change(symbols, (symbols.lookup('xen_extra_version') ?? 0n) + 1n)
      const file = join(cacheFolder, 'xen-syms')
      writeFileSync(file, bytes)
      return { file, symbols: readHypervisorSymbols(readFileSync(file)) }
    }

    test('build refuses it, by name and byte', async () => {
      const patches = [{ name: 'p', text: patchText(xenTree('source'), [edit]) }]
      const options = { tree: folder(), target: 'xen', jobs: 2, progress: quiet, cacheFolder, patches } as const
      const run = await createHotpatch({ ...options, symbols: other().file })
      expect(run.payload).toBeUndefined()
      expect(run.refusals).toMatchObject([{ code: 'not-the-running-code', symbol: 'xen_extra_version' }])
      expect(run.refusals[0]?.text).toContain('byte 0x1 ')
      const right = await createHotpatch(options)
      expect(right.refusals).toEqual([])
      // The image's file is right, and a copy of the memory is not.
      const wrong = other().symbols
      const start = wrong.lookup('_stext') ?? 0n
      const memory = join(cacheFolder, 'wrong-memory')
      writeFileSync(memory, wrong.bytesAt(start, Number((wrong.lookup('_etext') ?? start) - start)) ?? '')
      const live = await createHotpatch({ ...options, memory })
      expect(live.refusals).toMatchObject([{ code: 'not-the-running-code', symbol: 'xen_extra_version' }])
      // With an EFI program that tells no names, whose code lies at other distances, old code is expected up to the first.
      const symbols = fresh()
      const ids = { depends: symbols.buildId, xenDepends: symbols.buildId }
      const nothing = {
        version: '4.17',
        unversioned: [],
        warnings: [],
        refusals: [],
        below: [],
        memory: undefined,
        tableUse: undefined,
      } as const
      const known = { isImage: true, symbols, expect: 'yes', ...nothing, ...ids } as const
      const expected = (namesOnly: boolean) => checkCode(right.units, right.selection, { ...known, namesOnly })
      expect(expected(false).expectations.get('xen_extra_version')).toHaveLength(12)
      expect(expected(true).expectations.get('xen_extra_version')).toHaveLength(3)
      expect(expected(true).warnings.map(({ code }) => code)).toEqual(['code-not-compared'])
    })

    test('what the new code has a copy of must be what runs too, though the old code never called it', async () => {
      const bytes = readFileSync(join(folder(), 'xen-syms'))
      const symbols = readHypervisorSymbols(bytes)
      change(symbols, (symbols.lookup('xen_deny') ?? 0n) + 1n)
      const file = join(cacheFolder, 'xen-syms-beside')
      writeFileSync(file, bytes)
      const built = (put: string) => {
        const patches = [{ name: 'p', text: patchText(xenTree('source'), [{ ...edit, put }]) }]
        return createHotpatch({
          tree: folder(),
          target: 'xen',
          jobs: 2,
          progress: quiet,
          cacheFolder,
          patches,
          symbols: file,
        })
      }
      const copied = await built('return xen_deny() + 1;')
      // It is defined below, and yet in one unit with it.
      expect(copied.refusals).toMatchObject([{ code: 'not-the-running-code', symbol: 'xen_deny' }])
      expect(copied.refusals[0]?.text).toContain('xen_extra_version may hold a copy of it')
      const other = await built('return xen_changeset() + 1;')
      expect([other.refusals, other.warnings.map(({ code }) => code)]).toEqual([[], []])
    })

    test('built against the image that boots it is the same payload, and is refused by the same words', async () => {
      const patches = [{ name: 'p', text: patchText(xenTree('source'), [edit]) }]
      const options = { tree: folder(), target: 'xen', jobs: 2, progress: quiet, cacheFolder, patches } as const
      const own = await createHotpatch(options)
      const booted = await createHotpatch({ ...options, symbols: join(folder(), 'xen.gz') })
      expect(booted.payload?.bytes).toEqual(own.payload?.bytes)
      expect([booted.refusals, booted.warnings, booted.notices]).toEqual([own.refusals, own.warnings, own.notices])
      const efi = await createHotpatch({ ...options, symbols: join(folder(), 'xen.efi') })
      expect([efi.refusals, efi.warnings.map(({ code }) => code)]).toEqual([[], ['other-build-id']])
      const bytes = readFileSync(join(folder(), 'xen'))
      const symbols = readHypervisorSymbols(bytes)
      change(symbols, (symbols.lookup('xen_extra_version') ?? 0n) + 1n)
      const file = join(cacheFolder, 'xen.gz')
      writeFileSync(file, gzipSync(bytes))
      const wrong = await createHotpatch({ ...options, symbols: file })
      const syms = await createHotpatch({ ...options, symbols: other().file })
      expect(wrong.payload).toBeUndefined()
      expect(wrong.refusals).toEqual(syms.refusals)
      const elsewhere = { ...edit, find: 'return XEN_CHANGESET;', put: 'return XEN_CHANGESET "-x";' }
      const others = [{ name: 'p', text: patchText(xenTree('source'), [elsewhere]) }]
      expect((await createHotpatch({ ...options, patches: others, symbols: file })).refusals).toEqual([])
    })

    test('the command tells it, with its exit code and in JSON', async () => {
      const payload = join(cacheFolder, 'command.livepatch')
      writeFileSync(payload, basePayload(RECIPES.plain, { symbols: fresh() }))
      const ask = async (symbols: string, more: readonly string[] = []) => {
        const args = ['verify', payload, '--symbols', symbols, '--tree', xenTree('release'), '--json', '-', ...more]
        const { status, stdout } = await hotsplice(args)
        const { accepted, checks }: VerifyReport = JSON.parse(stdout)
        return { status, accepted, running: checks.find(({ code }) => code === 'running-code')?.status }
      }
      const own = join(folder(), 'xen-syms')
      expect(await ask(own)).toEqual({ status: 0, accepted: true, running: 'passed' })
      expect(await ask(other().file)).toEqual({ status: 2, accepted: false, running: 'failed' })
      const symbols = fresh()
      const [start = 0n, end = 0n] = [symbols.lookup('_stext'), symbols.lookup('_etext')]
      const memory = join(cacheFolder, 'memory')
      writeFileSync(memory, symbols.bytesAt(start, Number(end - start)) ?? '')
      expect(await ask(other().file, ['--memory', memory])).toMatchObject({ status: 0, running: 'passed' })
      expect(await ask(own, ['--memory', `${memory}@${(start + 1n).toString(16)}`])).toMatchObject({ status: 2 })
    })

    test('verify says so for a payload of another builder, and Xen would not', async () => {
      const { symbols } = other()
      const bytes = basePayload({ ...RECIPES.plain }, { symbols })
      const peek = ({ object }: { object: string | undefined }) =>
        object === undefined ? undefined : readFileSync(object)
      const ask = async (running: HypervisorSymbols) => {
        const { report, replaced } = verifyAndLoad({ payload: bytes, symbols: running, version: '4.17', on: [] }, 'p')
        return withCode(report, await compareReplaced(replaced, { tree, symbols: running, below: [], peek }))
      }
      const right = await ask(fresh())
      expect(right).toMatchObject({ accepted: true, decidedBy: null })
      expect(right.checks.at(-1)).toMatchObject({ code: 'running-code', status: 'passed' })
      const wrong = await ask(symbols)
      expect(wrong).toMatchObject({ accepted: false, errno: null, decidedBy: 'running-code' })
      expect(wrong.checks.at(-1)?.text).toMatch(/^xen_extra_version .*byte 0x1 /)
    })
  })

  test('the memory of a Xen that runs: equal but for what it edits at boot, until a payload is applied', async () => {
    const symbols = fresh()
    const booted = await bootReadable(join(folder(), 'xen'))
    try {
      const before = await booted.copyText(symbols)
      const first = checkUnits(units, new RunningImage(symbols, before)).findings
      expect(different(first).map(labelOf)).toEqual(NOT_LINKED)
      expect(first.reduce((sum, { edited }) => sum + edited, 0)).toBeGreaterThan(10_000)
      const bytes = basePayload(RECIPES.plain, { symbols })
      expect(await booted.session.upload('p', bytes)).toBe(0)
      expect(await booted.session.act({ action: 'apply', name: 'p' })).toBe(0)
      const after = await booted.copyText(symbols)
      const second = different(checkUnits(units, new RunningImage(symbols, after)).findings)
      expect(second.map(labelOf)).toEqual(['common/version.o xen_extra_version', ...NOT_LINKED])
      expect(second[0]?.difference?.text).toContain('a jump: has a payload replaced the function?')
      const { loaded } = verifyAndLoad({ payload: bytes, symbols, version: '4.17', on: [] }, 'p')
      const known = checkUnits(units, new RunningImage(symbols, after, loaded?.overwritten)).findings
      expect(different(known).map(labelOf)).toEqual(NOT_LINKED)
    } finally {
      await booted.close()
    }
  })
})
