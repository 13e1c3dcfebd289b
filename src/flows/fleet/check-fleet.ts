/** What a fleet's file must hold besides its form: names that fit together. */
import type { Fault, FleetFile } from './file-schema.ts'

export function checkFleet(file: FleetFile): readonly Fault[] {
  const bases = new Set(file.bases.map(({ name }) => name))
  return [
    ...twice(file.bases, 'bases'),
    ...twice(file.fixes, 'fixes'),
    ...file.bases.flatMap((base, at) => baseFaults(base, at)),
    ...file.fixes.flatMap((fix, at) => [...unknownBases(fix, at, bases), ...fixFaults(fix, at, bases)]),
    ...file.fixes.flatMap((fix, at) => standingFaults(fix, at, file.fixes)),
  ]
}

function twice(list: readonly { readonly name: string }[], key: string): readonly Fault[] {
  const seen = new Set<string>()
  return list.flatMap(({ name }, at) => {
    // Some file systems take both for one.
    const folded = name.toLowerCase()
    if (seen.has(folded)) return [{ path: [key, at, 'name'], text: `${name} is there twice` }]
    seen.add(folded)
    return []
  })
}

/** Whose hypervisor a rehearsal boots. */
const REHEARSED: ReadonlySet<string> = new Set(['xen'])

function baseFaults(base: FleetFile['bases'][number], at: number): readonly Fault[] {
  const path = ['bases', at]
  const faults: Fault[] = []
  if (base.rehearse !== false && !REHEARSED.has(base.target)) {
    faults.push({ path: [...path, 'rehearse'], text: `what is built for target ${base.target} cannot be rehearsed` })
  }
  if (base['toolchain-path'].length > 0 && base.toolchain === undefined) {
    faults.push({
      path: [...path, 'toolchain-path'],
      text: 'it says how folders are called behind a toolchain, and there is none',
    })
  }
  return faults
}

function unknownBases(fix: FleetFile['fixes'][number], at: number, bases: ReadonlySet<string>): readonly Fault[] {
  const unknown = (path: Fault['path'], name: string) =>
    bases.has(name) ? [] : [{ path, text: `there is no base ${name}` }]
  return [
    ...Object.keys(fix['patches-for']).flatMap(name => unknown(['fixes', at, 'patches-for', name], name)),
    ...Object.keys(fix['not-affected']).flatMap(name => unknown(['fixes', at, 'not-affected', name], name)),
    ...fix['expected-refusals'].flatMap(({ base }, index) =>
      unknown(['fixes', at, 'expected-refusals', index, 'base'], base),
    ),
  ]
}

function fixFaults(fix: FleetFile['fixes'][number], at: number, bases: ReadonlySet<string>): readonly Fault[] {
  const path = ['fixes', at]
  const { 'patches-for': own, 'not-affected': unaffected, 'expected-refusals': expected } = fix
  const faults: Fault[] = []
  for (const name of Object.keys(unaffected)) {
    if (Object.hasOwn(own, name))
      faults.push({ path: [...path, 'not-affected', name], text: `${name} has patches of its own, and needs none?` })
  }
  const without = [...bases].filter(name => !Object.hasOwn(own, name) && !Object.hasOwn(unaffected, name))
  if (fix.patches === undefined && fix.cumulative === undefined && without.length > 0) {
    faults.push({ path: [...path, 'name'], text: `${fix.name} has no patches for ${without.join(', ')}` })
  }
  const seen = new Set<string>()
  for (const [index, { base }] of expected.entries()) {
    const place = [...path, 'expected-refusals', index, 'base']
    if (seen.has(base)) faults.push({ path: place, text: `what is expected for ${base} is there twice` })
    if (Object.hasOwn(unaffected, base)) faults.push({ path: place, text: `${base} is not affected, and is refused?` })
    seen.add(base)
  }
  return faults
}

/** What a fix stands on, or has in it, is named before it: so the file is the order in which things come, and has no circles. */
function standingFaults(fix: FleetFile['fixes'][number], at: number, fixes: FleetFile['fixes']): readonly Fault[] {
  const path = ['fixes', at]
  const before = new Map(fixes.slice(0, at).map(each => [each.name, each]))
  const unknown = (place: Fault['path'], name: string): readonly Fault[] =>
    before.has(name) ? [] : [{ path: place, text: `there is no fix ${name} before this one` }]
  const { on, cumulative, loses } = fix
  if (cumulative === undefined) {
    const vain = { path: [...path, 'loses'], text: 'only a cumulative payload takes the place of others' }
    return [...(on === undefined ? [] : unknown([...path, 'on'], on)), ...(loses.length === 0 ? [] : [vain])]
  }
  const parts = cumulative.flatMap((name, index): readonly Fault[] => {
    const place = [...path, 'cumulative', index]
    if (cumulative.indexOf(name) < index) return [{ path: place, text: `${name} is there twice` }]
    if (before.get(name)?.cumulative === undefined) return unknown(place, name)
    return [{ path: place, text: `${name} is cumulative itself; name the fixes that it has` }]
  })
  const own = [...(fix.patches === undefined ? [] : ['patches']), ...Object.keys(fix['patches-for']).slice(0, 1)]
  return [
    ...parts,
    ...(on === undefined ? [] : [{ path: [...path, 'on'], text: 'a cumulative payload stands on what runs, alone' }]),
    ...(own.length === 0
      ? []
      : [{ path: [...path, 'cumulative'], text: 'its patches are those of its fixes; it has none' }]),
  ]
}
