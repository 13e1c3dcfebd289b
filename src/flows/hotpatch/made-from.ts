/**
 * What new code of a function was made from beside its own text, by the preprocessed text of the unit: functions that it
 * names, those that these name in turn, and so on, as far as the compiler may have put one into the other. Part of the
 * pipeline.
 *
 * Debug information tells what is inlined, and nothing of what is folded into a constant; calls tell what is not inlined,
 * but for other places of the same function. So both are asked: one that is called, and that debug information does not
 * know as inlined, is not looked into; all others are. What is named and never used counts too: in doubt it is held.
 */
import type { Body } from '../../ctext/outline.ts'

export interface UnitSource {
  readonly bodies: readonly Body[]
  /** By function, what is inlined into it, as debug information says; undefined where there is none. */
  readonly inlined: ReadonlyMap<string, ReadonlySet<string>> | undefined
}

export interface MadeFrom {
  /** May be in the code. */
  readonly held: ReadonlySet<string>
  /** Is called; the compiler has seen its body, and may rely on what it does there. */
  readonly called: ReadonlySet<string>
}

/** `reached` are the functions that the new code refers to, as the source names them. */
export function madeFrom(name: string, { bodies, inlined }: UnitSource, reached: ReadonlySet<string>): MadeFrom {
  const named = new Map(bodies.map(body => [body.name, body]))
  const inside = inlined?.get(name)
  const held = new Set<string>()
  const called = new Set<string>()
  const work = [name]
  for (let next = work.shift(); next !== undefined; next = work.shift()) {
    for (const word of wordsOf(named.get(next)?.text ?? '')) {
      if (!named.has(word) || word === name) continue
      if (reached.has(word)) called.add(word)
      if (held.has(word) || (reached.has(word) && inlined !== undefined && inside?.has(word) !== true)) continue
      held.add(word)
      work.push(word)
    }
  }
  return { held, called }
}

/** The functions named, and all that their texts name, and so on. */
export function bodiesFrom(bodies: readonly Body[], names: readonly string[]): readonly Body[] {
  const inThem = new Set(
    names.flatMap(name => [name, ...madeFrom(name, { bodies, inlined: undefined }, new Set()).held]),
  )
  return bodies.filter(({ name }) => inThem.has(name))
}

const LITERAL = /"(?:\\.|[^"\\])*"|'(?:\\.|[^'\\])*'/g

function wordsOf(text: string): ReadonlySet<string> {
  return new Set(text.replace(LITERAL, ' ').match(/\b[A-Za-z_]\w*/g) ?? [])
}
