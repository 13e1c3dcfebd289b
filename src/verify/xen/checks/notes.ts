/**
 * Sections that must be there, build-ids, and the stack that they tie together.
 * Sources: livepatch.c "check_special_sections", "check_patching_sections", "prepare_payload" and, where the loader has them,
 * "parse_buildid" and "check_xen_buildid", "build_id_dep"; version.c "xen_build_id_check".
 */

import { BUILD_ID, DEPENDS, FUNCS, XEN_DEPENDS } from '../../../loaders/payload-sections.ts'
import { type Finding, finding, NotReached, when } from '../../finding.ts'
import type { VerifiedPayload } from '../../model.ts'
import type { Rule } from '../../rule.ts'
import type { LoadContext } from '../load-context.ts'
import type { RawSection } from '../raw.ts'
import { HOOKS } from './hooks.ts'

const NOTE_HEADER = 12
const NT_GNU_BUILD_ID = 3

const spell = (id: Uint8Array): string => Buffer.from(id).toString('hex')
const equal = (a: Uint8Array, b: Uint8Array): boolean => Buffer.compare(a, b) === 0

function presenceRule(names: readonly string[], of: NonNullable<Rule['of']>): Rule {
  return {
    code: 'required-sections',
    step: 'required-sections',
    source: 'livepatch.c check_special_sections',
    of,
    title: `${names.join(', ')} are there and not empty`,
    check: loading =>
      names.flatMap((name, index) => {
        const section = loading.sectionNamed(name)
        if (section === undefined)
          return [finding('EINVAL', `there is no section ${name}`, 'the section headers', index)]
        return when(section.size === 0n, () => finding('EINVAL', `${name} is empty`, loading.placeOf(section), index))
      }),
  }
}

/** Whether a section holds a build-id, from the same bytes and in the same order as Xen finds out. */
function noteProblem(loading: LoadContext, name: string): readonly Finding[] {
  const { content, place } = noteOf(loading, name)
  const wrong = (errno: Finding['errno'], text: string) => [finding(errno, `${name}: ${text}`, place)]
  if (content === undefined)
    return wrong('crash', 'it is not in memory where Xen reads it (no SHF_ALLOC, or past the end of the file)')
  const { size, type, nameSize, idSize, owner } = content
  const ofAnotherKind = loading.kind.passesNoteErrors && name !== XEN_DEPENDS ? 'ENODATA' : 'EINVAL'
  if (size <= NOTE_HEADER) return wrong('EINVAL', `${size} bytes are no note with a build-id`)
  if (type !== NT_GNU_BUILD_ID) return wrong(ofAnotherKind, `the note has type ${type}, not 3 (NT_GNU_BUILD_ID)`)
  if (nameSize + idSize > 0xffff_ffff) return wrong('EINVAL', 'the sizes of name and build-id overflow')
  if (nameSize < 4) return wrong('EINVAL', `the owner's name has ${nameSize} bytes, less than 4`)
  if (nameSize + idSize > size - NOTE_HEADER) {
    return wrong('EINVAL', `name and build-id need ${nameSize + idSize} bytes, the note has ${size - NOTE_HEADER}`)
  }
  if (owner !== 'GNU') return wrong(ofAnotherKind, `the note belongs to ${JSON.stringify(owner)}, not to GNU`)
  if (idSize === 0) return wrong('EINVAL', 'the build-id is empty')
  return []
}

interface Note {
  readonly size: number
  readonly type: number
  readonly nameSize: number
  readonly idSize: number
  readonly owner: string
  readonly id: Uint8Array
}

function noteOf(loading: LoadContext, name: string): { readonly content: Note | undefined; readonly place: string } {
  const section = loading.sectionNamed(name)
  if (section === undefined || section.size === 0n) throw new NotReached(`there is no section ${name}`)
  const place = loading.placeOf(section)
  if (section.size <= BigInt(NOTE_HEADER)) return { content: tooShort(section), place }
  // Read from the uploaded file, before anything is loaded.
  const early = name === XEN_DEPENDS && loading.kind.asksBuildIdFirst
  const bytes = early ? loading.uploaded(section) : loading.content(section)
  return { content: bytes && readNote(bytes), place }
}

const tooShort = ({ size }: RawSection): Note => {
  return { size: Number(size), type: 0, nameSize: 0, idSize: 0, owner: '', id: new Uint8Array(0) }
}

function readNote(bytes: Uint8Array): Note {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const nameSize = view.getUint32(0, true)
  const idSize = view.getUint32(4, true)
  const name = Buffer.from(bytes.buffer, bytes.byteOffset + NOTE_HEADER, Math.min(nameSize, bytes.length - NOTE_HEADER))
  const start = NOTE_HEADER + Math.ceil(nameSize / 4) * 4
  return {
    size: bytes.length,
    type: view.getUint32(8, true),
    nameSize,
    idSize,
    owner: name.toString('latin1').split('\0')[0] ?? '',
    id: bytes.subarray(start, start + idSize),
  }
}

/** The build-id in a section; throws where there is none. */
export function buildIdIn(loading: LoadContext, name: string): Uint8Array {
  const { content } = noteOf(loading, name)
  if (content === undefined || noteProblem(loading, name).length > 0) throw new NotReached(`${name} holds no build-id`)
  return content.id
}

function noteRule(name: string, rule: Pick<Rule, 'code' | 'step' | 'source' | 'of'>): Rule {
  return { ...rule, title: `${name} holds a build-id`, check: loading => noteProblem(loading, name) }
}

function hypervisorMatch(loading: LoadContext): readonly Finding[] {
  const wanted = buildIdIn(loading, XEN_DEPENDS)
  const running = loading.hypervisorBuildId
  if (running === undefined) return [finding('ENODATA', 'the hypervisor has no build-id', XEN_DEPENDS)]
  const text = `the payload is for hypervisor ${spell(wanted)}, this one is ${spell(running)}`
  return when(!equal(wanted, running), () => finding('EINVAL', text, XEN_DEPENDS, 1))
}

const LATE = 'livepatch.c prepare_payload'
const EARLY = 'livepatch.c check_xen_buildid'

export const REQUIRED_RULES: readonly Rule[] = [
  presenceRule([DEPENDS, XEN_DEPENDS, BUILD_ID], kind => !kind.asksBuildIdFirst),
  presenceRule([DEPENDS, BUILD_ID], kind => kind.asksBuildIdFirst),
  {
    code: 'patching-sections',
    step: 'patching-sections',
    source: 'livepatch.c check_patching_sections',
    title: 'there is something to do, and no such section is empty',
    check: loading => {
      const names = [FUNCS, ...HOOKS.map(hook => hook.section)]
      const there = names.flatMap(name => loading.sectionNamed(name) ?? [])
      const empty = there.filter(section => section.size === 0n)
      if (there.length === 0) return [finding('EINVAL', `there is none of ${names.join(', ')}`, 'the section headers')]
      return empty.map(section => finding('EINVAL', `${loading.nameOf(section)} is empty`, loading.placeOf(section)))
    },
  },
]

export const EARLY_BUILD_ID_RULES: readonly Rule[] = [
  {
    code: 'xen-depends-missing',
    step: 'early-xen-depends',
    source: EARLY,
    of: kind => kind.asksBuildIdFirst,
    title: `${XEN_DEPENDS} is there`,
    check: loading =>
      when((loading.sectionNamed(XEN_DEPENDS)?.size ?? 0n) === 0n, () =>
        finding('EINVAL', `${XEN_DEPENDS} is missing or empty`, 'the section headers'),
      ),
  },
  noteRule(XEN_DEPENDS, {
    code: 'xen-depends',
    step: 'early-xen-depends',
    source: EARLY,
    of: kind => kind.asksBuildIdFirst,
  }),
  {
    code: 'xen-depends-match',
    step: 'early-xen-depends',
    source: EARLY,
    of: kind => kind.asksBuildIdFirst,
    title: 'the payload is for this hypervisor',
    check: hypervisorMatch,
  },
]

export const BUILD_ID_RULES: readonly Rule[] = [
  noteRule(BUILD_ID, { code: 'build-id', step: 'build-id', source: `${LATE}, parse_buildid` }),
  {
    code: 'build-id-unique',
    step: 'build-id',
    source: LATE,
    title: 'no loaded payload has this build-id',
    check: loading => {
      const own = buildIdIn(loading, BUILD_ID)
      const twin = loading.on.find(payload => equal(payload.buildId, own))
      return twin === undefined
        ? []
        : [finding('EEXIST', `build-id ${spell(own)} is loaded already, as ${twin.name}`, BUILD_ID, 1)]
    },
  },
  noteRule(DEPENDS, { code: 'depends', step: 'depends', source: `${LATE}, parse_buildid` }),
  noteRule(XEN_DEPENDS, {
    code: 'xen-depends',
    step: 'xen-depends-note',
    source: LATE,
    of: kind => !kind.asksBuildIdFirst,
  }),
  {
    code: 'xen-depends-match',
    step: 'late-xen-depends',
    source: 'livepatch.c xen_build_id_dep',
    of: kind => !kind.asksBuildIdFirst,
    title: 'the payload is for this hypervisor',
    check: hypervisorMatch,
  },
]

export const STACK_RULES: readonly Rule[] = [
  {
    code: 'stack',
    step: 'stack',
    source: 'livepatch.c build_id_dep',
    title: 'the payload goes on what is applied last',
    check: loading => {
      const wanted = buildIdIn(loading, DEPENDS)
      const top: VerifiedPayload | undefined = loading.on.at(-1)
      const running = top === undefined ? loading.hypervisorBuildId : top.buildId
      const below = top === undefined ? 'the hypervisor' : top.name
      if (running === undefined) return [finding('ENODATA', 'the hypervisor has no build-id', DEPENDS)]
      const text = `it goes on ${spell(wanted)}; applied last is ${below}, ${spell(running)}`
      return when(!equal(wanted, running), () => finding('EINVAL', text, DEPENDS))
    },
  },
]
