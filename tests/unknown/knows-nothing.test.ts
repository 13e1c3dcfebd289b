/**
 * A loader and machines of which nothing is known, handed to every stage. Each says "changed", refuses, or ends with an
 * error that names what is not known; none lets x86-64 or Xen answer for another.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { assemble } from '../../src/assemble/assemble.ts'
import { InputError } from '../../src/base/errors.ts'
import type { UnitVerdicts } from '../../src/compare/compare.ts'
import { findLineSites } from '../../src/compare/sites.ts'
import { readElf } from '../../src/elf/index.ts'
import { compareObjects, diff } from '../../src/flows/diff.ts'
import { targetOfUnits } from '../../src/flows/hotpatch/target.ts'
import { readPayload } from '../../src/hosts/process/payload.ts'
import { Program } from '../../src/hosts/process/program.ts'
import { inspectPayload } from '../../src/loaders/inspect.ts'
import { type Loader, payloadKnowledge, type Target } from '../../src/loaders/loader.ts'
import { targetOf } from '../../src/loaders/loaders.ts'
import { PROCESS } from '../../src/loaders/process/process.ts'
import { BootEdits } from '../../src/loaders/xen/boot-edits.ts'
import { type LinkedImage, linkedEntries } from '../../src/loaders/xen/linked-tables.ts'
import { hooksMayWrite } from '../../src/loaders/xen/read-only-data.ts'
import { xenVersionOf } from '../../src/loaders/xen/version.ts'
import { XEN } from '../../src/loaders/xen/xen.ts'
import { machineOf } from '../../src/machines/machines.ts'
import { pieceMap } from '../../src/pieces/pieces.ts'
import { type Selection, type SelectRules, select } from '../../src/select/select.ts'
import { RunningImage, UnitCode, verifyPayload } from '../../src/verify/index.ts'
import { toyHypervisor, toyPayload } from '../verify/toy.ts'
import { type Change, everyChange, NOTHING, NOWHERE, RISC_V, unitFor, X86_64 } from './nothing.ts'

interface Pair {
  readonly loader: Loader
  readonly machine: number
}

/** Whatever is not known, is not known in each of these. */
const PAIRS: readonly Pair[] = [
  { loader: NOTHING, machine: NOWHERE },
  { loader: NOTHING, machine: X86_64 },
  { loader: XEN, machine: NOWHERE },
  { loader: XEN, machine: RISC_V },
  { loader: PROCESS, machine: RISC_V },
]
const named = PAIRS.map(pair => ({ ...pair, name: `${pair.loader.name} on ${machineOf(pair.machine).name}` }))

const F_CHANGES: Change = { section: '.text.f', at: 10, of: 'byte' }
const target = ({ loader, machine }: Pair): Target => ({ loader, machine: machineOf(machine), writesTable: false })
const rulesFor = (pair: Pair): SelectRules => ({ target: target(pair), denied: () => undefined })

function judged({ loader, machine }: Pair, change?: Change): UnitVerdicts {
  return compareObjects({ original: unitFor(machine), patched: unitFor(machine, change) }, loader)
}

const isDifferent = ({ functions, data, unnamed }: UnitVerdicts) =>
  [...functions, ...data, ...unnamed].some(({ verdict }) => verdict.kind !== 'same')

function selected(pair: Pair, change: Change): Selection {
  return select([{ unit: 'unit.o', fileSymbol: 'unit.c', verdicts: judged(pair, change) }], rulesFor(pair))
}

const whatIsThrown = (run: () => unknown) => {
  try {
    run()
    return undefined
  } catch (error) {
    if (error instanceof InputError) return error.code
    throw error
  }
}

describe.for(named)('$name', pair => {
  const { loader, machine } = pair

  test('cut: every loaded byte is in a piece, or padding that is known as such', () => {
    const map = pieceMap(readElf<'original'>(unitFor(machine)), { loader })
    const covered = [...map.pieces, ...map.padding]
    for (const { id, flags, size } of map.object.sections) {
      if ((flags & 2) === 0) continue
      const own = covered.filter(({ section }) => section === id).reduce((sum, piece) => sum + piece.size, 0)
      expect(own).toBe(size)
    }
    if (machine !== X86_64) expect(map.padding).toEqual([])
    // Whose layout is not known is one thing.
    expect(map.pieces.filter(({ kind }) => kind === 'entry')).toEqual([])
  })

  test('compare: equal objects are equal, and no change of a byte or relocation is the same', () => {
    expect(isDifferent(judged(pair))).toBe(false)
    const changes = everyChange()
    expect(changes.length).toBeGreaterThan(80)
    expect(changes.filter(change => !isDifferent(judged(pair, change)))).toEqual([])
  })

  test('sites: no byte of code is taken for a line number', () => {
    if (machine === X86_64) return
    const [original, shifted] = [unitFor(machine), unitFor(machine, { ...F_CHANGES })]
    const maps = { before: readElf<'original'>(original), after: readElf<'patched'>(shifted) }
    const files = [{ file: 'unit.c', shift: 0xf8 - 7, lines: 1000 }]
    const sites = findLineSites(pieceMap(maps.before, { loader }), pieceMap(maps.after, { loader }), files)
    expect([...sites.byPiece]).toEqual([])
    expect(sites.unexplained.length).toBeGreaterThan(0)
  })

  test('select: a function that changed is refused', () => {
    const { refusals, replacements } = selected(pair, F_CHANGES)
    expect(replacements).toHaveLength(1)
    const codes = new Set(refusals.map(({ code }) => code))
    expect(codes).toContain(loader === NOTHING ? 'unknown-section' : 'unknown-machine')
    if (loader === XEN) expect(codes).toContain('unknown-entries')
  })

  test('assemble: no payload, even where nothing else is refused', () => {
    const selection = { ...selected(pair, F_CHANGES), refusals: [] }
    const assembly = assemble(selection, { target: target(pair) })
    expect(assembly).toMatchObject({ kind: 'refused', refusals: [{ code: 'unknown-machine' }] })
    expect(payloadKnowledge(target(pair))).toBeUndefined()
    expect(whatIsThrown(() => targetOf(loader, machine))).toBe('target/machine')
  })

  test('build: units of it are an error that names the machine', () => {
    const units = [{ unit: 'unit.o', fileSymbol: 'unit.c', verdicts: judged(pair, F_CHANGES) }]
    expect(() => targetOfUnits(loader, units)).toThrow(machineOf(machine).name)
    expect(whatIsThrown(() => targetOfUnits(loader, units))).toBe('target/machine')
  })
})

test('build: units of two machines are no one’s, and none at all are nobody’s', () => {
  const unit = (machine: number) => {
    return { unit: `${machine}.o`, fileSymbol: '', verdicts: judged({ loader: XEN, machine }, F_CHANGES) }
  }
  expect(whatIsThrown(() => targetOfUnits(XEN, [unit(X86_64), unit(RISC_V)]))).toBe('target/several-machines')
  expect(whatIsThrown(() => targetOfUnits(XEN, [unit(X86_64)]))).toBeUndefined()
  const none = targetOfUnits(XEN, [])
  expect(none.machine).toMatchObject({ code: undefined, patching: undefined })
  expect(payloadKnowledge(none)).toBeUndefined()
  expect(select([], { target: none, denied: () => undefined })).toMatchObject({ machine: undefined, refusals: [] })
})

const ALTERNATIVES: ReadonlyMap<string, bigint> = new Map([
  ['__alt_instructions', 0x1000n],
  ['__alt_instructions_end', 0x100en],
])

describe.for([NOWHERE, RISC_V])('machine %i', machine => {
  const image = (): LinkedImage => ({
    machine,
    entrySizes: undefined,
    addressOf: name => ALTERNATIVES.get(name),
    bytesAt: (_at, size) => new Uint8Array(size),
    isCode: () => true,
  })

  test('diff: the report calls the function changed', () => {
    const [original, patched] = [unitFor(machine), unitFor(machine, F_CHANGES)]
    for (const name of ['xen', 'process'] as const) {
      const report = diff({ original, patched, target: name, unit: 'unit.o', version: '0' })
      expect(report.outcome).toBe('differs')
      expect(report.target?.machine).toBe(machine)
      expect(report.functions).toMatchObject([{ name: 'f', verdict: 'changed' }])
    }
  })

  test('tables of a linked image are not read, and what boot edits is not known', () => {
    expect(linkedEntries('.altinstructions', image())).toBeUndefined()
    expect(BootEdits.read(image())).toBeUndefined()
    expect(BootEdits.read({ ...image(), machine: X86_64 })?.within(0n, 1)).toEqual([])
  })

  test('whether hooks may write to read-only data is not known', () => {
    const symbols = toyHypervisor({
      machine,
      lookup: () => 0x1000n,
      bytesAt: () => Uint8Array.of(0x0f, 0x22, 0xc0, 0xc3),
    })
    expect(hooksMayWrite(symbols)).toBeUndefined()
    expect(hooksMayWrite({ ...symbols, machine: X86_64 })).toBeDefined()
  })

  test('the version of an image is not known', () => {
    const code = Uint8Array.of(0xb8, 4, 0, 0, 0, 0xc3, 0, 0, 0, 0, 0, 0, 0)
    const symbols = toyHypervisor({ machine, lookup: () => 0x1000n, bytesAt: () => code })
    expect(xenVersionOf(symbols)).toBeUndefined()
    expect(xenVersionOf({ ...symbols, machine: X86_64 })).toBe('4.4')
  })

  test('verify: the loader would not take the payload; without instructions nothing is excused', () => {
    const payload = forMachine(toyPayload(), machine)
    const report = verifyPayload({ payload, symbols: toyHypervisor(), version: '4.20', tableUse: 'reads', on: [] })
    expect(report.accepted).toBe(false)
    const map = pieceMap(readElf<'original'>(unitFor(machine)), { loader: XEN })
    const f = map.pieces.find(({ name }) => name === 'f')
    if (f === undefined) throw new Error('there is no f')
    const bytes = Uint8Array.from(map.object.sections[f.section]?.bytes ?? [])
    bytes[10] = (bytes[10] ?? 0) + 1
    const symbols = toyHypervisor({ machine, bytesAt: () => bytes, bootEdits: () => undefined })
    const running = new RunningImage(symbols, { address: 0x1000n, bytes })
    expect(new UnitCode(map, 'unit.c', running).check(f, 0x1000n).difference).toMatchObject({ offset: 10 })
  })

  test('inspect: entries are not counted by another machine’s size', () => {
    const { machine: told, entries } = inspectPayload(unitFor(machine))
    expect(told).toBe(machine)
    expect(entries.map(({ count }) => count)).toEqual([null, null])
    expect(inspectPayload(unitFor(X86_64)).entries.map(({ count }) => count)).toEqual([1, 1])
  })

  test('hosts: neither the payload nor the program is taken', () => {
    expect(() => readPayload(forMachine(toyPayload(), machine))).toThrow(`for machine ${machine}`)
    const folder = mkdtempSync(join(tmpdir(), 'hotsplice-machine-'))
    try {
      const path = join(folder, 'program')
      writeFileSync(path, unitFor(machine))
      const memory = { programFile: () => ({ path, name: path }), mappings: () => [] }
      expect(whatIsThrown(() => new Program(memory))).toBe('process/machine')
    } finally {
      rmSync(folder, { recursive: true })
    }
  })
})

/** The ELF header's e_machine, otherwise. */
function forMachine(bytes: Uint8Array, machine: number): Uint8Array {
  const other = bytes.slice()
  new DataView(other.buffer).setUint16(18, machine, true)
  return other
}
