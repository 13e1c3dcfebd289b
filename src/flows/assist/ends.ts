/** Where the objects of a structure end in the whole tree, and what tells the store of it there. */
import type { Freeing } from '../../loaders/loader.ts'
import { loaderOf } from '../../loaders/loaders.ts'
import { originalDeclarations, overlayOf, tryCompile, type Unit } from '../../trees/index.ts'
import { UnitTypes } from '../../type-layouts/unit-types.ts'
import { wholeObjects, wholeWords } from '../../ways-out/copies.ts'
import { blockEdit, endBlock } from '../../ways-out/declared.ts'
import {
  answersIn,
  askedText,
  type Ending,
  endEdits,
  type FreeCall,
  type FreeMention,
  freeCalls,
  freeMentions,
  NO_TYPE,
  OTHER_TYPE,
} from '../../ways-out/ends.ts'
import type { NewMembers } from '../../ways-out/fields.ts'
import { heldObjects } from '../../ways-out/holders.ts'
import type { EndsFound } from '../../ways-out/model.ts'
import type { TextEdit } from '../../ways-out/text-edits.ts'
import type { Scene } from './draft.ts'

interface AskedUnit {
  readonly unit: Unit
  readonly path: string
  readonly text: string
  readonly calls: readonly FreeCall[]
  /** What copies, clears or moves objects as a whole. */
  readonly whole: readonly FreeCall[]
  /** Whether other units read it too, so that what is written into it would change these. */
  readonly isHeader: boolean
}

export async function endsOf(scene: Scene, { tag, path }: NewMembers, user: Unit): Promise<EndsFound> {
  const loader = loaderOf(scene.tree.target)
  if (loader.freeing === undefined)
    return { places: [], doubts: [`what gives memory back is not known of ${loader.title}`] }
  const { endings, names } = await endingsOf(scene, tag, user)
  const { asked, doubts: unasked } = await callingFiles(scene, { path, names }, loader.freeing)
  const places: string[] = []
  const doubts = [...(await heldElsewhere(scene, { path, names, endings })), ...unasked]
  for (const each of await answered(scene, asked, endings)) {
    const found = endsIn(each, endings)
    doubts.push(...found.doubts)
    places.push(...found.places)
    if (found.edits.length > 0)
      declareEnd(scene, { path: each.path, unit: each.unit.unit, tag, edits: found.edits, doubts })
  }
  return { places, doubts }
}

/** Calls that free an object, and what is written there; and those that may. */
function endsIn(
  { path, calls, whole, answers, isHeader }: Answered,
  endings: readonly Ending[],
): EndsFound & { readonly edits: readonly TextEdit[] } {
  if (answers === undefined) return { places: [], doubts: [`what ${path} frees, its compiler did not say`], edits: [] }
  const places: string[] = []
  const doubts: string[] = []
  const edits = calls.flatMap((call, index) => {
    const { line, name, argument } = call
    const answer = answers.get(index)
    const words = `${path}, line ${line}: ${name}(${argument.text})`
    if (answer === OTHER_TYPE) return []
    const own = endings.filter(ending => ending.tag === answer)
    if (answer === NO_TYPE) doubts.push(`${words} frees something of no type`)
    else if (own.length === 0) doubts.push(`${words} was not compiled, or the compiler did not say what it frees`)
    else if (isHeader) doubts.push(`${words} frees a struct ${answer}, in a header: say there that it ends`)
    else {
      const written = endEdits(call, own)
      if (typeof written !== 'string') {
        places.push(`${path}:${line} (${name} of struct ${answer})`)
        return written
      }
      doubts.push(`${path}, ${written}`)
    }
    return []
  })
  for (const [index, call] of whole.entries()) {
    const tag = answers.get(calls.length + index)
    if (endings.some(ending => ending.tag === tag))
      doubts.push(`${path}, line ${call.line}: ${wholeWords(call, tag ?? '')}: nothing of the new members goes along`)
  }
  return { places, doubts, edits }
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

/**
 * Objects that nothing which is known frees: in what no debug information of the user's told, one of many, a variable. What
 * holds one may itself be held.
 */
async function heldElsewhere(
  { tree, draft }: Scene,
  { path, names, endings }: Endings & Pick<NewMembers, 'path'>,
): Promise<readonly string[]> {
  const readers = await tree.dependents(new Set([path]), tree.run)
  const files = [...new Set(readers.flatMap(({ unit, reads }) => reads ?? unit.dependencies))].sort()
  const known = new Set(endings.map(({ tag }) => tag))
  const doubts = new Set<string>()
  const done = new Set<string>()
  let next = [...names, ...[...known].map(tag => `struct ${tag}`)]
  while (next.length > 0) {
    for (const name of next) done.add(name)
    const holders = new Set<string>()
    for (const file of files)
      for (const { line, holder, isArray } of heldObjects(draft.text(file) ?? '', [...new Set(next)])) {
        const isKnown = holder !== undefined && known.has(holder)
        if (isKnown && !isArray) continue
        const place =
          holder === undefined ? 'as a variable' : holder === '' ? 'in what has no tag' : `in struct ${holder}`
        doubts.add(`${file}:${line} has ${isArray ? 'many' : 'one'} ${place}`)
        if (holder !== undefined && holder !== '')
          for (const kind of ['struct', 'union']) holders.add(`${kind} ${holder}`)
      }
    next = [...holders].filter(name => !done.has(name))
  }
  return [...doubts]
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

const MENTIONED: Readonly<Record<FreeMention['as'], string>> = {
  macro: 'in a macro',
  value: 'as a value, for others to call',
  call: 'called with what the preprocessor chooses',
}

/** What units that read the declaration read, as far as it frees anything; and what of it cannot be asked about. */
async function callingFiles(
  { tree, draft }: Scene,
  { path, names }: Pick<NewMembers, 'path'> & Pick<Endings, 'names'>,
  freeing: Freeing,
): Promise<{ readonly asked: readonly AskedUnit[]; readonly doubts: readonly string[] }> {
  const readers = await tree.dependents(new Set([path]), tree.run)
  const inC = readers.filter(({ unit }) => unit.language === 'c')
  const own = new Set(inC.flatMap(({ unit }) => unit.dependencies[0] ?? []))
  const doubts = readers.flatMap(({ unit }) => (unit.language === 'c' ? [] : `${unit.source} is not C`))
  const firstReader = new Map<string, Unit>()
  for (const { unit } of inC) for (const file of unit.dependencies.slice(0, 1)) firstReader.set(file, unit)
  for (const { unit, reads } of inC)
    for (const file of reads ?? unit.dependencies) if (!firstReader.has(file)) firstReader.set(file, unit)
  const asked = [...firstReader].flatMap(([file, unit]): readonly AskedUnit[] => {
    const text = draft.text(file)
    if (text === undefined) return []
    for (const { line, name, as } of freeMentions(text, freeing))
      doubts.push(`${file}:${line} has ${name} ${MENTIONED[as]}`)
    const calls = freeCalls(text, freeing)
    // Those that are named nowhere in a text are hardly copied there; the others would be most of what a tree copies.
    const whole = names.some(name => text.includes(name)) ? wholeObjects(text) : []
    if (calls.length + whole.length === 0) return []
    return [{ unit, path: file, text, calls, whole, isHeader: !own.has(file) }]
  })
  return { asked, doubts }
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
  const requests = asked.map(({ unit, path, text, calls, whole }) => ({
    unit,
    overlay: new Map([...plain, [path, askedText(text, [...calls, ...whole], tags)]]),
    label: 'patched',
  }))
  const results = await tryCompile(tree, requests, 'types')
  return asked.map((each, at) => ({ ...each, answers: answersIn(results[at]?.failed?.words ?? '') }))
}
