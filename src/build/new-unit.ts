/**
 * The command for a unit that the tree's build has never made: a sibling's, with the names exchanged. It counts only
 * where the siblings agree: most units of the folder must have the same command but for their names.
 */
import { join } from 'node:path'
import { type Layout, toBase } from './layout.ts'
import type { Unit } from './model.ts'

/** Stands for the unit's name in a sibling's words. */
const NAME = '\u0000'

/** The new unit `unit` (`common/new.o`), or why there is no command for it. */
export function newUnit(
  layout: Layout,
  units: readonly Unit[],
  { unit, source }: { unit: string; source: string },
): Unit | string {
  const folder = unit.slice(0, unit.lastIndexOf('/') + 1)
  const assembly = /\.[sS]$/.test(source)
  const siblings = units.filter(
    each =>
      each.role === 'linked' &&
      (each.language === 'assembly') === assembly &&
      each.unit.startsWith(folder) &&
      !each.unit.slice(folder.length).includes('/'),
  )
  const templates = new Map<string, Unit[]>()
  for (const sibling of siblings) {
    const key = templateOf(sibling).join('\n')
    templates.set(key, [...(templates.get(key) ?? []), sibling])
  }
  const [best] = [...templates].sort(([, a], [, b]) => b.length - a.length)
  if (best === undefined) return `no unit of ${folder} shows how one is compiled there`
  const [template, agreeing] = best
  if (agreeing.length * 2 <= siblings.length)
    return `the units of ${folder} are compiled in ${templates.size} different ways`
  const [model] = agreeing
  if (model === undefined) return 'no unit to go by'
  const name = leafOf(unit)
  const command = template.split('\n').map(word => word.replaceAll(NAME, name))
  return {
    unit,
    source,
    command,
    folder: model.folder,
    dependencies: [toBase(layout, join(layout.sourceFolder, source))],
    language: model.language,
    role: 'linked',
    object: undefined,
    objcopy: [],
  }
}

/** A unit's command with its own name taken out, wherever it is a file's name: `common/.x.o.tmp`, `=common/x.o`. */
function templateOf({ unit, command }: Unit): string[] {
  const own = new RegExp(`(^|[/=.])${leafOf(unit).replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&')}(?=(?:\\.\\w+)+$)`)
  return command.map(word => word.replace(own, `$1${NAME}`))
}

function leafOf(unit: string): string {
  return unit.slice(unit.lastIndexOf('/') + 1).replace(/(?:\.\w+)+$/, '')
}
