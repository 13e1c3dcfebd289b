/**
 * New members of structures whose objects live: they are taken out of the structure, and what uses them looks them up by the
 * object's address. Who uses them, and where an object ends, is asked of the tree's own compiler.
 */
import type { SourceChange } from '../../source/model.ts'
import { type CompileRequest, overlayOf, placeIn, tryCompile, type Unit } from '../../trees/index.ts'
import { accessEdits, type Complaint, complaintsIn } from '../../ways-out/accesses.ts'
import { behindStructure, blockEdit, membersBlock } from '../../ways-out/declared.ts'
import { type FoundMembers, type NewMembers, newMembersOf } from '../../ways-out/fields.ts'
import type { ShadowWay } from '../../ways-out/model.ts'
import type { HotpatchRun } from '../hotpatch/hotpatch.ts'
import type { Draft, Scene } from './draft.ts'
import { endsOf } from './ends.ts'

/** What nothing could be written for, and why. */
export interface Unwritten {
  readonly symbol: string
  readonly why: string
}

export interface ShadowWays {
  readonly ways: readonly ShadowWay[]
  readonly unwritten: readonly Unwritten[]
  /** What was given, with what is written for these ways: where nothing can be, nothing of it. */
  readonly draft: Draft
}

/** An access within another's is only seen once that one is written. */
const MOST_ROUNDS = 8

export async function shadowWays({ tree, run, draft: given }: Scene, found: FoundMembers): Promise<ShadowWays> {
  const draft = given.copy()
  const unwritten = found.others.map(({ tag, why }) => ({ symbol: `struct ${tag}`, why }))
  for (const { path, removal } of found.plain) draft.edit(path, removal)
  const writing = new Writing({ tree, run, draft }, found.plain)
  const failed = await writing.accesses()
  if (failed !== undefined)
    return {
      ways: [],
      unwritten: [...unwritten, ...found.plain.map(({ tag }) => ({ symbol: `struct ${tag}`, why: failed }))],
      draft: given,
    }
  const ways: ShadowWay[] = []
  for (const members of found.plain) {
    const unit = writing.unitOf(members)
    if (unit === undefined) continue
    const ends = await endsOf({ tree, run, draft }, members, unit)
    ways.push({ way: 'shadow', unit: unit.unit, source: writing.pathOf(unit), members, ends })
  }
  return { ways, unwritten, draft }
}

/** Of the structures that are refused because they have them. */
export function refusedMembers({ refusals, change }: Pick<HotpatchRun, 'refusals' | 'change'>): FoundMembers {
  const refused = refusals.filter(({ code }) => code === 'shape-changed')
  const tags = new Set(refused.flatMap(({ symbol }) => /^struct (\w+)$/.exec(symbol)?.[1] ?? []))
  return membersIn(change, tag => tags.has(tag))
}

export function membersIn({ files }: SourceChange, isAsked: (tag: string) => boolean): FoundMembers {
  const all = files.map(file => newMembersOf(file, isAsked))
  return { plain: all.flatMap(({ plain }) => plain), others: all.flatMap(({ others }) => others) }
}

class Writing {
  readonly #scene: Scene
  readonly #members: ReadonlyMap<string, NewMembers>
  /** The units that use what is new. */
  readonly #users = new Map<string, Unit>()

  constructor(scene: Scene, members: readonly NewMembers[]) {
    this.#scene = scene
    this.#members = new Map(members.map(each => [each.tag, each]))
  }

  /** Writes them; in words why that cannot be. */
  async accesses(): Promise<string | undefined> {
    const declared = new Set<string>()
    for (let round = 0; round < MOST_ROUNDS; round++) {
      const complaints = await this.#complaints()
      if (complaints.size === 0) return undefined
      for (const [path, own] of complaints) {
        const text = this.#scene.draft.text(path)
        const edits = text === undefined ? `${path} is not in the tree` : accessEdits(text, own)
        if (typeof edits === 'string') return `${path}: ${edits}`
        this.#scene.draft.edit(path, edits)
        for (const tag of new Set(own.map(each => each.tag))) {
          if (declared.has(`${path} ${tag}`)) continue
          declared.add(`${path} ${tag}`)
          if (!this.#declare(path, tag)) return `${path} has no place for a declaration`
        }
      }
    }
    return `the accesses do not come to an end in ${MOST_ROUNDS} rounds`
  }

  /** The first that uses it; and one that only reads where it is declared, if none does. */
  unitOf({ tag, path }: NewMembers): Unit | undefined {
    const { affected } = this.#scene.run.affected
    return this.#users.get(tag) ?? affected.find(({ because }) => because.includes(path))?.unit
  }

  pathOf({ dependencies, source }: Unit): string {
    return dependencies[0] ?? source
  }

  #declare(path: string, tag: string): boolean {
    const { draft } = this.#scene
    const members = this.#members.get(tag)
    const text = draft.text(path)
    if (members === undefined || text === undefined) return false
    const block = membersBlock(members)
    const edit = behindStructure(text, tag, block) ?? blockEdit(text, block)
    if (edit !== undefined) draft.edit(path, [edit])
    return edit !== undefined
  }

  /** What the compiler misses, by file. */
  async #complaints(): Promise<ReadonlyMap<string, readonly Complaint[]>> {
    const { tree, run, draft } = this.#scene
    const overlay = overlayOf(draft.change(), run.affected)
    const requests: CompileRequest[] = this.#asked().map(unit => ({ unit, overlay, label: 'patched' }))
    const found = new Map<string, Complaint[]>()
    for (const { failed } of await tryCompile(tree, requests, 'types')) {
      if (failed === undefined) continue
      const { unit } = failed.request
      for (const complaint of complaintsIn(failed.words)) {
        if (this.#members.get(complaint.tag)?.words.has(complaint.member) !== true) continue
        if (!this.#users.has(complaint.tag)) this.#users.set(complaint.tag, unit)
        const path = placeIn(tree.layout, unit, complaint.file)
        found.set(path, [...(found.get(path) ?? []), complaint])
      }
    }
    return found
  }

  /** Units with a text of the patch in which one of the members' words stands: their own, or any that they read. */
  #asked(): readonly Unit[] {
    const { run, draft } = this.#scene
    const words = [...this.#members.values()].flatMap(each => [...each.words])
    const paths = run.change.files.flatMap(({ newPath }) => newPath ?? [])
    // A name that the preprocessor joins is not seen here: a text with one is compiled when what is written is tried.
    const accesses = new RegExp(`(?:->|\\.)\\s*(?:${words.join('|')})\\b`)
    const using = new Set(paths.filter(path => accesses.test(draft.text(path) ?? '')))
    return run.affected.affected
      .filter(
        ({ unit, kind, because }) =>
          kind !== 'removed' && unit.language === 'c' && because.some(path => using.has(path)),
      )
      .map(({ unit }) => unit)
  }
}
