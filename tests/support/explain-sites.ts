/**
 * Shifts the lines of whole trees and asks whether every difference is a line number: `hotsplice lines` for each unit, and
 * a second look at the objects' bytes that knows nothing of pieces, instructions or entries.
 */

import { type ElfObject, readElf } from '../../src/elf/index.ts'
import { SHF_ALLOC } from '../../src/elf/spec/constants.ts'
import { type ListedUnit, listUnits } from '../../src/flows/list-lines.ts'
import { quiet, type Unit } from '../../src/trees/index.ts'
import { openTree } from './opened.ts'

export interface Explained {
  readonly units: number
  readonly sites: Readonly<Record<'code' | 'data' | 'addend', number>>
  /** Differences that nothing explains, each with its unit. */
  readonly unexplained: readonly string[]
}

export interface ExplainOptions {
  readonly tree: string
  readonly cacheFolder: string
  /** Which units of the C units of the image, in the order of their names; all unless given. */
  readonly choose?: (units: readonly Unit[]) => readonly Unit[]
  readonly say?: (line: string) => void
}

/** So many at a time: each unit has a place of its own, with hundreds of shifted headers. */
const BATCH = 4

export async function explainSites({ tree: folder, cacheFolder, ...options }: ExplainOptions): Promise<Explained> {
  const tree = await openTree({ tree: folder, target: 'xen', jobs: 2, progress: quiet, cacheFolder })
  const every = tree.units.filter(({ language, role }) => language === 'c' && role !== 'embedded')
  const units = (options.choose ?? (all => all))(every.toSorted((a, b) => (a.unit < b.unit ? -1 : 1)))
  const sites = { code: 0, data: 0, addend: 0 }
  const unexplained: string[] = []
  for (let at = 0; at < units.length; at += BATCH) {
    for (const listed of await listUnits(tree, units.slice(at, at + BATCH))) {
      for (const site of listed.sites) sites[site.in]++
      const words = [...listed.unexplained, ...bytesLeft(listed)]
      unexplained.push(...words.map(text => `${listed.unit}: ${text}`))
      options.say?.(`${listed.unit}: ${listed.sites.length} sites${words.map(text => `\n  ${text}`).join('')}`)
    }
  }
  return { units: units.length, sites, unexplained }
}

const BUG_FRAMES = '.bug_frames'

/** Bytes of loaded sections that differ and lie on no site; relocations that differ other than in a bug frame's addend. */
function bytesLeft({ sites, objects }: Pick<ListedUnit, 'sites' | 'objects'>): readonly string[] {
  const [before, after] = [readElf<'original'>(objects.original), readElf<'patched'>(objects.shifted)]
  if (before.sections.length !== after.sections.length) return ['another number of sections']
  const found: string[] = []
  for (const [index, section] of before.sections.entries()) {
    const shifted = after.sections[index]
    if ((section.flags & SHF_ALLOC) === 0) continue
    if (shifted === undefined || shifted.name !== section.name || shifted.size !== section.size) {
      found.push(`${section.name} has become ${shifted?.name} of ${shifted?.size} bytes`)
      continue
    }
    const [mine, theirs] = [before.relocations[index] ?? [], after.relocations[index] ?? []]
    const moved = mine.filter(({ offset, type, addend }, at) => {
      const other = theirs[at]
      return other?.offset !== offset || other.type !== type || other.addend !== addend
    })
    if (mine.length !== theirs.length) found.push(`${section.name} has ${theirs.length} relocations`)
    if (moved.length > 0 && !section.name.startsWith(BUG_FRAMES))
      found.push(`${moved.length} relocations of ${section.name} differ`)
    const excused = fieldsOf(before, index, sites)
    const left = [...section.bytes.keys()].filter(at => section.bytes[at] !== shifted.bytes[at] && !excused.has(at))
    if (left.length > 0) found.push(`${left.length} bytes of ${section.name} differ, from ${left[0]}`)
  }
  return found
}

/** The offsets of a section that sites in its bytes cover. */
function fieldsOf(object: ElfObject<'original'>, index: number, sites: ListedUnit['sites']): ReadonlySet<number> {
  const covered = new Set<number>()
  const name = object.sections[index]?.name ?? ''
  for (const site of sites.filter(({ in: where, section }) => where !== 'addend' && section === name)) {
    const starts = name.startsWith(BUG_FRAMES) ? linesOfFrames(object, index, site) : startsOf(object, index, site)
    for (const start of starts) for (let byte = 0; byte < site.bits / 8; byte++) covered.add(start + byte)
  }
  return covered
}

type Site = ListedUnit['sites'][number]

function startsOf(object: ElfObject<'original'>, index: number, site: Site): readonly number[] {
  if (site.function === '') return [site.offset]
  return object.symbols.flatMap(({ name, place }) =>
    name === site.function && place.in === 'section' && place.section === index ? [place.offset + site.offset] : [],
  )
}

/** On AArch64 a frame begins with the distance to its place in the code, and its line is a number 12 bytes on. */
const LINE_OF_FRAME = 12

/** A line of a frame is told by the place in the code that the frame is about. */
function linesOfFrames(object: ElfObject<'original'>, index: number, site: Site): readonly number[] {
  const about = object.symbols.flatMap(({ name, place }) =>
    name === site.function && place.in === 'section'
      ? [{ section: place.section, offset: place.offset + site.offset }]
      : [],
  )
  return (object.relocations[index] ?? []).flatMap(({ offset, symbol, addend }) => {
    const place = object.symbols[symbol]?.place
    if (place?.in !== 'section') return []
    const at = place.offset + Number(addend)
    return about.some(one => one.section === place.section && one.offset === at) ? [offset + LINE_OF_FRAME] : []
  })
}
