/**
 * What compilers do to names. GCC numbers static locals (`count.12`) and appends what it made of a function
 * (`f.cold`, `f.part.0`, `f.isra.0`, `f.constprop.1`); the numbers mean nothing and change from build to build.
 */

const NUMBERED = /^(.+?)\.(\d+)$/
const CLONE = /\.(?:cold|part|isra|constprop|localalias|lto_priv)(?:\.\d+)?(?=\.|$)/
const PART = /^(.+)\.cold(?:\.\d+)?$/

/** Data that the compiler makes from code: its name says nothing, only its content counts. */
const COMPILER_MADE =
  /^(?:CSWTCH|__func__|__FUNCTION__|__PRETTY_FUNCTION__|switch\.table|__compound_literal|C)\.[\w.]+$/

/** `count` for `count.12`; undefined for a name without a number. */
export function numberedBase(name: string): string | undefined {
  return name.includes('.') ? NUMBERED.exec(name)?.[1] : undefined
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
