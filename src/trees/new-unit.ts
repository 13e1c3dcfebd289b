/**
 * The command for a unit that the tree's build has never made: a sibling's, with the names exchanged. It counts only
 * where the siblings agree: most units of the folder must have the same command but for their names.
 */
import { dirname, extname, join } from 'node:path'
import { type Layout, toBase } from './layout.ts'
import type { Unit, UnitRole } from './model.ts'

/** Stands for the unit's name in a sibling's words. */
const NAME = '\u0000'

const IN_IMAGE: ReadonlySet<UnitRole> = new Set(['linked', 'archived'])

/** The new unit of `source`, given as units give theirs (`common/new.c`), or why there is no command for it. */
export function newUnit(layout: Layout, units: readonly Unit[], source: string): Unit | string {
  const folder = dirname(source)
  const ending = extname(source)
  const siblings = units.filter(
    each => IN_IMAGE.has(each.role) && dirname(each.source) === folder && extname(each.source) === ending,
  )
  const templates = new Map<string, Unit[]>()
  for (const sibling of siblings) {
    const key = templateOf(sibling).join('\n')
    templates.set(key, [...(templates.get(key) ?? []), sibling])
  }
  const [best] = [...templates].sort(([, a], [, b]) => b.length - a.length)
  if (best === undefined) return `no unit of ${folder} shows how one is compiled there`
  const [, agreeing] = best
  if (agreeing.length * 2 <= siblings.length)
    return `the units of ${folder} are compiled in ${templates.size} different ways`
  const [model] = agreeing
  if (model === undefined) return 'no unit to go by'
  if (siblings.length === 1 && !isUsual(model, units)) {
    return `${model.unit} is the only unit of ${folder}, and is compiled with options of its own`
  }
  return newUnitLike(layout, units, source, model)
}

/** The new unit of `source`, compiled as `model` is, in its folder; or why it cannot be. */
export function newUnitLike(layout: Layout, units: readonly Unit[], source: string, model: Unit): Unit | string {
  if (!IN_IMAGE.has(model.role) || !model.objcopy.every(isObjtool) || extname(model.source) !== extname(source))
    return `${model.unit} is made in a way of its own`
  const name = leafOf(source)
  const unit = exchange(model.unit, leafOf(model.source)).replaceAll(NAME, name)
  // What is known of a unit is kept by this name.
  if (units.some(each => each.unit === unit)) return `${unit} is made of another source already`
  return {
    unit,
    source,
    command: templateOf(model).map(word => word.replaceAll(NAME, name)),
    folder: model.folder,
    dependencies: [toBase(layout, join(layout.sourceFolder, source))],
    language: model.language,
    role: model.role,
    ...(model.module === undefined ? {} : { module: model.module }),
    object: undefined,
    original: 'compiled',
    objcopy: model.objcopy,
    ...(model.sparesDebug === undefined ? {} : { sparesDebug: model.sparesDebug }),
  }
}

/** It looks at any object of the kernel in the same way. */
const isObjtool = ([program = '']: readonly string[]): boolean => program.endsWith('objtool/objtool')

/** A unit's command with its own name taken out, wherever it is a file's name: `common/.x.o.tmp`, `=common/x.o`. */
function templateOf({ source, command }: Unit): string[] {
  return command.map(word => exchange(word, leafOf(source)))
}

/** Says whether a unit's options are those of most units of its language. */
function isUsual(unit: Unit, units: readonly Unit[]): boolean {
  const alike = units.filter(({ language, role }) => language === unit.language && IN_IMAGE.has(role))
  const own = optionsOf(unit)
  return alike.filter(each => optionsOf(each) === own).length * 2 > alike.length
}

function optionsOf(unit: Unit): string {
  return templateOf(unit)
    .filter(word => !word.includes(NAME))
    .join('\n')
}

function exchange(word: string, leaf: string): string {
  const own = new RegExp(`(^|[/=.])${leaf.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&')}(?=(?:\\.\\w+)+$)`)
  return word.replace(own, `$1${NAME}`)
}

function leafOf(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1).replace(/(?:\.\w+)+$/, '')
}
