/**
 * Names that a payload gives its code for people, with its own mark behind them, so that no other payload has them
 * (`assemble/names.ts`); and what two names may have in common.
 */
const MARKED = /^(.*)#[0-9a-f]{8}$/

/** Without the mark; undefined where there is none. */
export const unmarked = (name: string): string | undefined => MARKED.exec(name)?.[1]

/** Whether these may be names of one function: not all of them tell the file. */
export function mayBeOne(name: string, other: string): boolean {
  const [one, two] = [inFile(name), inFile(other)]
  return one.symbol === two.symbol && (one.file === '' || two.file === '' || one.file === two.file)
}

/** A name as loaders have it: `file.c#name` for what only its file knows. */
export function inFile(name: string): { readonly file: string; readonly symbol: string } {
  const at = name.indexOf('#')
  return { file: name.slice(0, Math.max(0, at)), symbol: name.slice(at + 1) }
}
