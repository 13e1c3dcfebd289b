/**
 * Every function of the real Xen that can be replaced, replaced by itself: the payloads hold all that the tree's own
 * objects can hold, and after each one the hypervisor goes on as before. The objects' functions are called changed;
 * select and assemble do the rest as they always do. Each payload holds the old code's first bytes, which Xen compares
 * before it patches: it would not apply one of them if a byte were another.
 */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { assemble } from '../../src/assemble/assemble.ts'
import { compareUnit, type UnitVerdicts } from '../../src/compare/compare.ts'
import { correlate } from '../../src/correlate/correlate.ts'
import { readElf } from '../../src/elf/index.ts'
import { rulesOf } from '../../src/flows/hotpatch/rules.ts'
import type { Running } from '../../src/flows/hotpatch/running.ts'
import { checkCode } from '../../src/flows/hotpatch/running-code.ts'
import { describeRehearsal, type RehearsalPayload, rehearse } from '../../src/hosts/rehearsal/index.ts'
import { EXPECTATION_LIMIT, FUNC_FIELDS, FUNC_SIZE } from '../../src/loaders/func-entry.ts'
import { inspectPayload } from '../../src/loaders/inspect.ts'
import { targetOf } from '../../src/loaders/loaders.ts'
import { FUNCS } from '../../src/loaders/payload-sections.ts'
import { type HypervisorSymbols, readHypervisorSymbols } from '../../src/loaders/xen/symbols.ts'
import { XEN } from '../../src/loaders/xen/xen.ts'
import { pieceMap } from '../../src/pieces/pieces.ts'
import { type Selection, select, type UnitInput } from '../../src/select/select.ts'
import { quiet } from '../../src/trees/index.ts'
import { verifyPayload } from '../../src/verify/verify.ts'
import { readelfComplaints } from '../assemble/support.ts'
import { openTree } from '../support/opened.ts'
import { missingFor, toBootXen, toBuildXen, xenTree } from '../xen/tree.ts'

const missing = missingFor(...toBuildXen, ...toBootXen)
const target = targetOf(XEN, 62)

describe.skipIf(missing !== '')(`Xen's functions replaced by themselves ${missing}`, () => {
  test('all units of the release build go up, are applied, reverted and unloaded', async () => {
    const tree = join(xenTree('release'), 'xen')
    const symbols = readHypervisorSymbols(readFileSync(join(tree, 'xen-syms')))
    const payloads: RehearsalPayload[] = []
    let functions = 0
    let expected = 0
    for (const { unit, object } of await linkedUnits(tree)) {
      const { selection, input } = selectAll(unit, readFileSync(object), symbols)
      if (selection.replacements.length === 0) continue
      const { expectations, refusals, warnings } = checkCode([input], selection, runningOf(symbols))
      expect([refusals, warnings]).toEqual([[], []])
      expected += expectations.size
      const about = { target, depends: symbols.buildId, xenDepends: symbols.buildId, expectations }
      const assembly = assemble(selection, about)
      expect(assembly.kind === 'refused' ? assembly.refusals : []).toEqual([])
      if (assembly.kind === 'refused') continue
      const { bytes } = assembly.payload
      const report = verifyPayload({ payload: bytes, symbols, version: '4.17', on: [] })
      expect(report.checks.filter(({ status }) => status === 'failed')).toEqual([])
      if (payloads.length % 10 === 0) expect(readelfComplaints(bytes)).toBe('')
      expect(inspectPayload(bytes).functions).toHaveLength(selection.replacements.length)
      functions += selection.replacements.length
      payloads.push({ name: unit.replaceAll('/', '_'), bytes })
    }
    console.log(`${payloads.length} payloads, ${functions} functions, ${expected} of them with expected old code`)
    expect(payloads.length).toBeGreaterThan(250)
    expect(functions).toBeGreaterThan(3000)
    // Without: those that begin with what Xen edits at boot.
    expect(expected / functions).toBeGreaterThan(0.9)
    const wrong = payloads.filter((_, index) => index % 7 === 0).flatMap(payload => expectingOther(payload) ?? [])
    expect(wrong.length).toBeGreaterThan(30)
    const result = await rehearse({
      hypervisor: join(tree, 'xen'),
      payloads: [...payloads, ...wrong],
      script: payloads.map(({ name }) => lifeOf(name)).join('') + wrong.map(({ name }) => deathOf(name)).join(''),
      timeoutMs: 300_000,
    })
    expect(result.outcome === 'passed' ? '' : describeRehearsal(result).slice(-4000)).toBe('')
    expect(result.operations).toHaveLength(payloads.length * 5 + wrong.length * 3)
  })
})

/** The same payload, expecting another last byte of its first function that expects any; undefined where none does. */
function expectingOther({ name, bytes }: RehearsalPayload): RehearsalPayload | undefined {
  const other = bytes.slice()
  const funcs = readElf<'payload'>(other).sections.find(section => section.name === FUNCS)?.bytes ?? new Uint8Array()
  for (let at = FUNC_FIELDS.expectation; at < funcs.length; at += FUNC_SIZE) {
    const length = ((funcs[at] ?? 0) >> 1) & EXPECTATION_LIMIT
    if (length === 0) continue
    funcs[at + length] = (funcs[at + length] ?? 0) ^ 1
    return { name: `other-${name}`, bytes: other }
  }
  return undefined
}

function deathOf(name: string): string {
  const short = name.slice(-100)
  return `upload ${short} ${name}\n! EINVAL apply ${short}\nunload ${short}\n`
}

function runningOf(symbols: HypervisorSymbols): Running {
  const { buildId } = symbols
  const nothing = { warnings: [], namesOnly: false, below: [], memory: undefined }
  return {
    ...nothing,
    isImage: true,
    version: '4.17',
    unversioned: [],
    tableUse: symbols.tableUse,
    refusals: [],
    symbols,
    depends: buildId,
    xenDepends: buildId,
    expect: 'yes',
  }
}

function lifeOf(name: string): string {
  const short = name.slice(-100)
  return `upload ${short} ${name}\napply ${short}\nversion\nrevert ${short}\nunload ${short}\n`
}

async function linkedUnits(tree: string) {
  const cacheFolder = mkdtempSync(join(tmpdir(), 'hotsplice-test-'))
  try {
    const { units } = await openTree({ tree, target: 'xen', jobs: 1, progress: quiet, cacheFolder })
    return units.flatMap(({ unit, object, role }) =>
      role === 'linked' && object !== undefined ? [{ unit, object }] : [],
    )
  } finally {
    rmSync(cacheFolder, { recursive: true })
  }
}

interface SelectedUnit {
  readonly selection: Selection
  readonly input: UnitInput
}

/** Takes all functions of a unit but those that the stages refuse, which are found by asking them. */
function selectAll(unit: string, bytes: Uint8Array, symbols: HypervisorSymbols): SelectedUnit {
  const original = pieceMap(readElf<'original'>(bytes), { loader: XEN })
  const verdicts = compareUnit(correlate(original, pieceMap(readElf<'patched'>(bytes), { loader: XEN })))
  const fileSymbol = original.object.symbols.find(({ kind }) => kind === 'file')?.name ?? ''
  const rules = rulesOf(target, runningOf(symbols))
  const isOne = (name: string, local: boolean) => rules.countRunning?.(XEN.runningName(fileSymbol, name, local)) === 1
  const left = new Set<string>()
  for (let round = 0; round < 10; round++) {
    const changed = asChanged(verdicts, (name, local) => !left.has(name) && isOne(name, local))
    const input = { unit, fileSymbol, verdicts: changed }
    const selection = select([input], rules)
    const alone = selection.refusals.length > 0 ? [] : movedAlone(selection, symbols)
    if (selection.refusals.length === 0 && alone.length === 0) return { selection, input }
    for (const name of alone.length > 0 ? alone : refusedIn(selection, left)) left.add(name)
  }
  throw new Error(`${unit} is refused again and again`)
}

/** Assembly that branches without relocations stays whole, or where it is: some of Xen's entry code leads into the rest. */
function movedAlone(selection: Selection, { buildId }: HypervisorSymbols): readonly string[] {
  if (selection.replacements.length === 0) return []
  const about = { target, depends: buildId, xenDepends: buildId, expectations: new Map() }
  const assembly = assemble(selection, about)
  const refusals = assembly.kind === 'refused' ? assembly.refusals : []
  return refusals.flatMap(({ code, symbol }) => (code === 'hidden-reference' ? [symbol] : []))
}

/** The replaced functions that refusals are about: those named, those that brought in what is named, or that reach it. */
function refusedIn(selection: Selection, left: ReadonlySet<string>): readonly string[] {
  const { refusals, pieces } = selection
  const owners = refusals.flatMap(({ symbol }) => {
    const named = pieces.filter(({ piece }) => piece.name === symbol)
    const concerned = named.length > 0 ? named : pieces.filter(each => reaches(selection, each, symbol))
    return concerned.map(each => rootOf(selection, each))
  })
  if (owners.every(name => left.has(name))) throw new Error(refusals.map(({ text }) => text).join('\n'))
  return owners
}

type Selected = Selection['pieces'][number]

function reaches({ units }: Selection, { address, piece }: Selected, symbol: string): boolean {
  const { pieces } = units[address.unit]?.patched ?? { pieces: [] }
  return piece.references.some(({ target }) => {
    if (target.to === 'external') return target.name === symbol
    return target.to === 'piece' && pieces[target.piece]?.name === symbol
  })
}

/** The name at the end of the chain of reasons. */
function rootOf(selection: Selection, { piece, because }: Selected): string {
  const before = selection.pieces.find(
    ({ address }) => address.unit === because?.unit && address.piece === because.piece,
  )
  return before === undefined ? piece.name : rootOf(selection, before)
}

function asChanged(verdicts: UnitVerdicts, take: (name: string, local: boolean) => boolean): UnitVerdicts {
  const { original: map } = verdicts.correlation
  const because = { what: 'byte', offset: 0, original: 0, patched: 1 } as const
  const functions = verdicts.functions.map(judged => {
    const { original } = judged
    const section = original && map.object.sections[original.section]?.name
    if (original === undefined || section === undefined || original.size < 9) return judged
    if (XEN.sectionClass(section) !== 'code' || !take(original.name, original.local)) return judged
    return { ...judged, verdict: { kind: 'changed', because } as const }
  })
  return { ...verdicts, functions }
}
