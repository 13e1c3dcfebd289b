/**
 * What compilers do to names. GCC numbers static locals (`count.12`) and appends what it made of a function
 * (`f.cold`, `f.part.0`, `f.isra.0`, `f.constprop.1`); the numbers mean nothing and change from build to build.
 */
import type { Side } from '../base/side.ts'
import type { Piece } from './model.ts'

const NUMBERED = /^(.+?)\.(\d+)$/
const CLONE = /\.(?:cold|part|isra|constprop|localalias|lto_priv)(?:\.\d+)?(?=\.|$)/
const PART = /^(.+)\.cold(?:\.\d+)?$/

/** Data that the compiler makes from code: its name says nothing, only its content counts. */
const COMPILER_MADE =
  /^(?:CSWTCH|__func__|__FUNCTION__|__PRETTY_FUNCTION__|switch\.table|reltable|__compound_literal|C)\.[\w.]+$/

/** `count` for `count.12`; undefined for a name without a number. */
export function numberedBase(name: string): string | undefined {
  return name.includes('.') ? NUMBERED.exec(name)?.[1] : undefined
}

/**
 * The name that static locals of one name share; undefined for what no function has in it. GCC numbers each (`count.12`),
 * and the numbers mean nothing. Clang puts the function before it and numbers the second and further ones (`f.count`,
 * `f.count.1`); in C++ they are `_ZZ1fvE5count` and `_ZZ1fvE5count_0`. One without a number is a member like the others:
 * a patch that takes the first away gives its name to the second.
 */
export function staticFamily(name: string): string | undefined {
  if (name.startsWith('_ZZ')) return name.replace(DISCRIMINATOR, '')
  return numberedBase(name) ?? (isOfFunction(name) ? name : undefined)
}

const COUNTED = /^(__(?:UNIQUE_ID|BTF_ID_)_\w*?\D)\d+(?:\.\d+)?$/
const INIT_CALL = /^(__initcall__kmod_\w+?__)\d+_\d+_(\w+)$/

/**
 * What names share that macros make with `__COUNTER__`: `__UNIQUE_ID(ddebug)` becomes `__UNIQUE_ID_ddebug251`, and another
 * number where a further macro stands before it; `BTF_ID(struct, inode)` is `__BTF_ID__struct__inode__5`, and an init call of
 * Linux has the line in it, too. Undefined for other names.
 */
export function countedBase(name: string): string | undefined {
  if (!name.startsWith('__')) return undefined
  const [, call, callee = ''] = INIT_CALL.exec(name) ?? []
  return call === undefined ? COUNTED.exec(name)?.[1] : `${call}${callee}`
}

/**
 * What the build of Linux writes at a place, where the place's name alone says it: of `__BTF_ID__struct__inode__5` the number
 * that the type has in the kernel's own information (tools/bpf/resolve_btfids). Undefined for other names.
 */
export function writtenByName(name: string): string | undefined {
  return name.startsWith('__BTF_ID__') ? (countedBase(name) ?? name) : undefined
}

/** Whether the name has the function in it, so that variables of other functions are told apart by it. */
export function isOfFunction(name: string): boolean {
  if (name.startsWith('_ZZ')) return true
  return name.includes('.') && name.replace(/\.\d+$/, '').indexOf('.', 1) > 0
}

/** Itanium C++ ABI, "Scope Encoding": tells apart things of one name in one function. */
const DISCRIMINATOR = /(?:_\d|__\d+_)$/
const NAME_IN_FUNCTION = /E(\d+)([A-Za-z_].*)$/
/** What is known in one file only has the letter. */
const PART_OF_NAME = /^L?(\d+)([A-Za-z_].*)$/
const NAME_IN_FILE = /^_ZL(\d+)([A-Za-z_].*)$/

/**
 * What the source may call the variable: one name mostly. LLVM makes `x.0` and `x.1` of a structure's members, and `x.b`
 * of a variable that is only ever one of two values.
 */
export function variableNames(name: string): readonly string[] {
  const [, length, rest] =
    NAME_IN_FILE.exec(name) ?? (name.startsWith('_ZZ') ? NAME_IN_FUNCTION.exec(name) : null) ?? []
  if (rest !== undefined) return [rest.slice(0, Number(length))]
  const parts = name.replace(/(?:\.\d+)+$/, '').split('.')
  const last = parts.at(-1) ?? name
  const shrunk = last === 'b' ? parts.at(-2) : undefined
  return shrunk === undefined ? [last] : [last, shrunk]
}

/**
 * What the source calls a variable of a namespace or a class: the last part of `_ZN1a1b4seenE`. Undefined for what is none,
 * and for names with arguments of templates in them (Itanium C++ ABI, <nested-name>).
 */
export function nestedVariable(name: string): string | undefined {
  let last: string | undefined
  let rest = name.startsWith('_ZN') ? name.slice('_ZN'.length) : ''
  for (let part = PART_OF_NAME.exec(rest); part !== null; part = PART_OF_NAME.exec(rest)) {
    const [, length = '', more = ''] = part
    last = more.slice(0, Number(length))
    rest = more.slice(Number(length))
  }
  return /^E(?:\.|$)/.test(rest) ? last : undefined
}

/** What the source may call a variable, be it in a namespace or a class: these can have other names, or be gone. */
export function namesInSource(symbol: string): readonly string[] {
  const nested = nestedVariable(symbol)
  if (nested !== undefined) return [nested]
  const last = lastNames(symbol)
  return last.length > 0 ? last : variableNames(symbol)
}

/**
 * What the last part of a name with arguments of templates in it may be, `_ZN1SIiE4lastE`: nothing tells `1b` from the end of
 * `3a1b`. None for other names.
 */
function lastNames(name: string): readonly string[] {
  const [whole] = /^_ZN.*[A-Za-z_]\w*(?=E$)/.exec(name) ?? []
  if (whole === undefined) return []
  const sizes = Array.from({ length: whole.length - '_ZN'.length }, (_, at) => at + 1)
  return sizes.flatMap(size => {
    const [before, last] = [whole.slice(0, -size), whole.slice(-size)]
    return /^[A-Za-z_]/.test(last) && before.endsWith(String(size)) ? [last] : []
  })
}

/**
 * What the source calls a static local, where the symbol is that of the only one: GCC's `count.12`, clang's `f.count`, and
 * `_ZZ1fvE5count` in C++. Undefined where several functions of one text may have it (templates, members of classes), and for
 * all that may be a second one, or made of a part of one.
 */
export function soleName(name: string): string | undefined {
  const [, length, rest] = /^_ZZL?(\d+)(.*)$/.exec(name) ?? []
  if (rest !== undefined) {
    const isPlain = rest[Number(length)] !== 'I' && staticFamily(name) === name
    return isPlain ? variableNames(name)[0] : undefined
  }
  return numberedBase(name) ?? /^[^.]+\.(?!(?:b|body|init)$)([^.]+)$/.exec(name)?.[1]
}

/** Whether the compiler, not the programmer, made the function: a clone or part of another. */
export function isClone(name: string): boolean {
  return CLONE.test(name)
}

/** The function that `name` is an out-of-line part of: `f` for `f.cold`; undefined for whole functions. */
export function partOf(name: string): string | undefined {
  return name.includes('.cold') ? PART.exec(name)?.[1] : undefined
}

/** Whether the name is the compiler's own for a constant that it made. */
export function isCompilerMade(name: string): boolean {
  return name.includes('.') && COMPILER_MADE.test(name)
}

/** The name as the source has it: up to the first dot. */
export function sourceName(name: string): string {
  const dot = name.indexOf('.', 1)
  return dot === -1 ? name : name.slice(0, dot)
}

/** Whether LLVM made it of a table of addresses: distances that all count from its start. Private ones have a section only. */
export function isDistanceTable(name: string): boolean {
  return /(?:^|\.L)reltable\./.test(name)
}

/** Whether some of its words are distances within one section, which the assembler fills in: what they lead to, nothing tells. */
export function hidesDistances({ name, size, references }: Pick<Piece<Side>, 'name' | 'size' | 'references'>): boolean {
  return isDistanceTable(name) && references.length * 4 < size
}
