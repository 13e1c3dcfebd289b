/**
 * Kinds of changes whose effect lies between objects: which definition a link takes, what it gathers, merges or drops, and
 * which places inside functions data points to. Each is a text that is drawn: where `entry` stands, and with which numbers.
 */
import { spawnSync } from 'node:child_process'
import type { Way } from '../../src/lines/way.ts'

/** Below the given number, drawn. */
export type Draw = (below: number) => number

export interface Drawn {
  /** Name without extension → text. */
  readonly before: Readonly<Record<string, string>>
  /** What the patch makes of some of them. */
  readonly after: Readonly<Record<string, string>>
  /** What the running program says to `ASKED` after the patch, where it is not what the patched one says that begins anew. */
  readonly says?: readonly number[]
  /** Sources whose names the patch changes, new by old; `after` has the new one's text. */
  readonly renamed?: Readonly<Record<string, string>>
  /** Sources that the patch takes away. */
  readonly gone?: readonly string[]
  /** Of what the program that runs was built, where that is another text than the tree's. */
  readonly ran?: {
    readonly texts: Readonly<Record<string, string>>
    /** Whether the tree has the objects of that text, as of one that was edited since. */
    readonly isTree: boolean
  }
  readonly lines?: Way
  /** The code of what is said where something is built. */
  readonly told?: string
}

export interface Kind {
  readonly name: string
  /** Not in C++, where it is another thing or none. */
  readonly onlyC?: true
  readonly onlyCxx?: true
  readonly flags?: readonly string[]
  readonly link?: readonly string[]
  /** Names of compilers that it is for. */
  readonly compilers?: RegExp
  /** A program that the link takes, without which there is no case. */
  readonly needs?: string
  /** The codes by which it may be refused, besides those of `OF_ANY`. */
  readonly codes?: readonly string[]
  /** The code of the error that each of them is. */
  readonly error?: string
  /** Nothing can be built for it; otherwise it may be, or be refused. */
  readonly isRefused?: true
  /** Where it is built without the program, load refuses it. */
  readonly isRefusedAtLoad?: true
  draw(draw: Draw): Drawn
}

/** What stands before each text: what C++ has to be told of names that C asks for. */
export const HEAD = '#ifdef __cplusplus\nextern "C" int entry(int);\n#endif\n'

/** Each is asked before the patch and after it. */
export const ASKED = [3, 4] as const

export const NOINLINE = '__attribute__((noinline)) '

/** `entry` asks for `f` from elsewhere. */
export const USER = 'int f(int); int entry(int i) { return f(i) + 1; }\n'
export const body = (factor: number, more = 3) => `{ return i * ${factor} + ${more}; }\n`
/** Two numbers of which the second is another one. */
export const pair = (draw: Draw): readonly [number, number] => {
  const first = 3 + draw(40)
  return [first, first + 1 + draw(40)]
}

/** What a drawn compiler and its options may make of anything: a function that is too small, code that exceptions pass through. */
export const OF_ANY: readonly string[] = ['too-small', 'unwinding']

/** A case is named by its kind and seed. */
export const seedOf = (name: string, seed: number): number =>
  Math.imul(seed, 0x9e3779b1) + [...name].reduce((sum, letter) => Math.imul(sum, 31) + letter.charCodeAt(0), 0)

export const isThere = (program: string): boolean => spawnSync(program, ['--version']).status === 0
