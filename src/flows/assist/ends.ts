/** Where the objects of a structure end in the whole tree, and what tells the store of it there. */
import type { Freeing } from '../../loaders/loader.ts'
import { loaderOf } from '../../loaders/loaders.ts'
import { originalDeclarations, overlayOf, tryCompile, type Unit } from '../../trees/index.ts'
import { UnitTypes } from '../../type-layouts/unit-types.ts'
import { blockEdit, endBlock } from '../../ways-out/declared.ts'
import { answersIn, askedText, type Ending, endEdits, type FreeCall, freeCalls } from '../../ways-out/ends.ts'
import type { NewMembers } from '../../ways-out/fields.ts'
import { heldObjects } from '../../ways-out/holders.ts'
import type { EndsFound } from '../../ways-out/model.ts'
import type { Scene } from './draft.ts'

interface AskedUnit {
  readonly unit: Unit
  readonly path: string
  readonly text: string
  readonly calls: readonly FreeCall[]
}

export async function endsOf(scene: Scene, { tag, path }: NewMembers, user: Unit): Promise<EndsFound> {
  const loader = loaderOf(scene.tree.target)
  if (loader.freeing === undefined)
    return { places: [], doubts: [`what gives memory back is not known of ${loader.title}`] }
  const { endings, names } = await endingsOf(scene, tag, user)
  const asked = await callingUnits(scene, path, loader.freeing)
  const places: string[] = []
  const doubts = [...(await heldElsewhere(scene, { path, names, endings }))]
  for (const { unit, path, calls, answers } of await answered(scene, asked, endings)) {
    if (answers === undefined) {
      doubts.push(`what ${path} frees, its compiler did not say`)
      continue
    }
    const edits = calls.flatMap((call, index) => {
      const own = endings.filter(ending => ending.tag === answers.get(index))
      if (own.length === 0) return []
      const written = endEdits(call, own)
      if (typeof written === 'string') doubts.push(`${path}, ${written}`)
      else places.push(`${path}:${call.line} (${call.name} of struct ${own[0]?.tag})`)
      return typeof written === 'string' ? [] : written
    })
    if (edits.length > 0) declareEnd(scene, { path, unit: unit.unit, tag, edits, doubts })
  }
  return { places, doubts }
}

interface Written {
  readonly path: string
  readonly unit: string
  readonly tag: string
  readonly edits: Parameters<Scene['draft']['edit']>[1]
  readonly doubts: string[]
}

function declareEnd({ draft }: Scene, { path, tag, edits, doubts }: Written): void {
  draft.edit(path, edits)
  const block = blockEdit(draft.text(path) ?? '', endBlock(tag))
  if (block === undefined) doubts.push(`${path} has no place for a declaration`)
  else draft.edit(path, [block])
}

interface Endings {
  readonly endings: readonly Ending[]
  /** What the structure is called. */
  readonly names: readonly string[]
}

/** The structure itself, and every one that holds it. */
async function endingsOf({ tree }: Scene, tag: string, user: Unit): Promise<Endings> {
  const known = (await originalDeclarations(tree, [user])).get(user)
  const own: Ending = { tag, of: tag, path: '' }
  const name = `struct ${tag}`
  if (known === undefined) return { endings: [own], names: [name] }
  const types = new UnitTypes(known.original)
  return { endings: [own, ...holdersOf(types, tag)], names: [name, ...(types.aliases.get(name) ?? [])] }
}

/** Objects that nothing which is known frees: in what no debug information of the user's told, one of many, in a function. */
async function heldElsewhere(
  { tree, draft }: Scene,
  { path, names, endings }: Endings & Pick<NewMembers, 'path'>,
): Promise<readonly string[]> {
  const readers = await tree.dependents(new Set([path]), tree.run)
  const files = new Set(readers.flatMap(({ unit, reads }) => reads ?? unit.dependencies))
  const tags = new Set(endings.map(({ tag }) => tag))
  return [...files].sort().flatMap(file =>
    heldObjects(draft.text(file) ?? '', names)
      .filter(({ holder, isArray }) => isArray || holder === undefined || !tags.has(holder))
      .map(
        ({ line, holder }) =>
          `${file}:${line} has one ${holder === undefined ? 'in a function' : `in struct ${holder}`}`,
      ),
  )
}

function holdersOf(types: UnitTypes, tag: string): readonly Ending[] {
  const wanted = types.byKey.get(`struct ${tag}`)
  if (wanted === undefined) return []
  const pathsIn = (id: Parameters<UnitTypes['type']>[0]): readonly string[] => {
    const type = types.type(types.bare(id))
    if (type?.kind !== 'struct') return []
    return type.members.flatMap(member => {
      const step = member.name === undefined ? '' : `.${member.name}`
      if (types.bare(member.type) === wanted) return [step]
      return pathsIn(member.type).map(rest => step + rest)
    })
  }
  return [...types.byKey].flatMap(([key, id]) => {
    const name = /^struct (\w+)$/.exec(key)?.[1]
    return name === undefined ? [] : pathsIn(id).map(path => ({ tag: name, of: tag, path }))
  })
}

/** Units that read what declares it, and whose own text frees anything. */
async function callingUnits({ tree, draft }: Scene, path: string, freeing: Freeing): Promise<readonly AskedUnit[]> {
  const readers = await tree.dependents(new Set([path]), tree.run)
  return readers.flatMap(({ unit }) => {
    const own = unit.dependencies[0]
    const text = own === undefined || unit.language !== 'c' ? undefined : draft.text(own)
    if (own === undefined || text === undefined) return []
    const calls = freeCalls(text, freeing)
    return calls.length === 0 ? [] : [{ unit, path: own, text, calls }]
  })
}

interface Answered extends AskedUnit {
  readonly answers: ReadonlyMap<number, string> | undefined
}

async function answered(
  { tree, run, draft }: Scene,
  asked: readonly AskedUnit[],
  endings: readonly Ending[],
): Promise<readonly Answered[]> {
  const tags = [...new Set(endings.map(ending => ending.tag))]
  const plain = overlayOf(draft.change(), run.affected)
  const requests = asked.map(({ unit, path, text, calls }) => ({
    unit,
    overlay: new Map([...plain, [path, askedText(text, calls, tags)]]),
    label: 'patched',
  }))
  const results = await tryCompile(tree, requests, 'types')
  return asked.map((each, at) => ({ ...each, answers: answersIn(results[at]?.failed?.words ?? '') }))
}
