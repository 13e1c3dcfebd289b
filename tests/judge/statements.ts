/** Statements that are drawn, and what they need around them. */
import {
  chance,
  constant,
  type Draw,
  type Form,
  fresh,
  headerOf,
  type Program,
  pick,
  type Routine,
  type Statement,
  sourcesOf,
  type UnitText,
  type Variable,
} from './model.ts'

/** Where a statement is to stand. */
export interface Spot {
  readonly program: Program
  readonly unit: UnitText
  readonly level: number
}

/** K is a constant, M a small number, U a number of its own, BEGIN and END those of the set; $name is a static local of the form that FORMS gives it. */
const PLAIN: readonly string[] = [
  'r = r * K + n;',
  'if (n % M == 1) r ^= K;',
  'if ((n & 7) > M) r += K; else r = (r << 3) ^ K;',
  '$count += n % M; r += $count * K;',
  '$count++; if ($count % M == 0) r += K;',
  '$total += $count; $count ^= n; r ^= $total + K;',
  'r += $last; $last = r % K;',
  '$ring[n & 3] += n; r += $ring[M & 3] * K;',
  'if (n % M == 2) $seen = 1; r += $seen ? K : K;',
  '$pair.a += n; $pair.b ^= $pair.a * K; r += $pair.b;',
  '$real = $real * 0.25 + (double) (n & 7) * 8; r += (unsigned) $real * K;',
  'switch (n & 7) { case 0: r += K; break; case 1: r ^= K; break; case 2: r += K; break; case 3: r ^= K; break; case 5: r += K; break; default: r *= K; }',
  'switch (n & 7) { case 0: r += K; break; case 1: complain(__FILE__, 0); r ^= K; break; case 2: say("two K\\n"); break; case 3: r = r * K + 1; break; case 4: r ^= K; break; default: r *= K; }',
  '{ static const void *const labels[] = { &&aU, &&bU, &&cU }; unsigned i; i = n % 3; goto *labels[i];\naU: r += K; if (r & 1) goto *labels[2];\nbU: r ^= K;\ncU: r += K; }',
  '{ static const int offsets[] = { &&aU - &&aU, &&bU - &&aU, &&cU - &&aU }; goto *((const char *) &&aU + offsets[n % 3]);\naU: r += K;\nbU: r ^= K;\ncU: r *= K; }',
  '{ static const char *const words[] = { "one K", "two", "three K" }; say("%s\\n", words[n % 3]); }',
  '{ static const unsigned table[] = { K, K, K, K, K }; r += table[n % 5]; }',
  '{ unsigned row[4] = { K, K, K, K }; row[n & 3] += r; r = row[0] ^ row[1] ^ row[2] ^ row[3]; }',
  'if (never) complain(__FILE__, __LINE__);',
  'for (unsigned i = 0; i < (n & 7); i++)\n    r = r * M + (i ^ K);',
  'if (__builtin_expect((n & 7) == M, 0)) { complain("rare K", 0); r += K; }',
  'say("text K %u\\n", r);',
  'for (const struct step *s = BEGIN; s < END; s++)\n    r += s->factor * n + (s->run ? s->run(n) : K);',
  '{ char text[16]; snprintf(text, sizeof text, "%u", n + K); r += (unsigned) text[0] + (unsigned) strlen(text); }',
  '{ struct pair p = { n, K }; r = p.a * K + (r ^ p.b); }',
  'r += (unsigned) ((unsigned long long) r * K / (n + K));',
]
/** F is a function of a lower level, Z of the lowest, H one of the header, A an alias, V a variable, P a pointer, D an address, T another thread's own. */
const REACHING: readonly string[] = [
  'r += F(n + K);',
  'r ^= F(r & 15) * K;',
  'if (n & 1) r += F(K);',
  'if ((n & 3) == 2) return F(r + K);',
  'r = F(n) + F(n ^ K);',
  '{ unsigned (*volatile f)(unsigned) = F; r += f(n + K); }',
  '{ static unsigned (*const calls[])(unsigned) = { F, F, F }; r += calls[n % 3](n); }',
  'switch (n % 6) { case 0: r += F(r & 31) + K; break; case 1: say("case K\\n"); break; case 2: r ^= F(n + K); break; case 3: r += K; break; case 4: r += F(K); }',
  '{ static const struct step only = { K, F }; r += only.run(n) * only.factor; }',
  'r += H(n + K);',
  'r ^= A(n) + K;',
  'V += n & 7; r ^= V + K;',
  'if (V > 50) V = 0; r += V;',
  'r += V; V = r % 97;',
  'if (n % M == 1) P = Z; r += P(n);',
  'if (P == Z) r += K; else P = Z;',
  'if (r % M == 2) P = Z; r ^= P(n ^ K);',
  '*D += n % M; r ^= *D + K;',
  'T += n; r += T * K;',
]
const FORMS: Readonly<Record<string, Form>> = {
  count: 'number',
  total: 'number',
  last: 'number',
  ring: 'ring',
  seen: 'latch',
  pair: 'pair',
  real: 'real',
}

export function drawStatement(draw: Draw, spot: Spot): Statement {
  const template = pick(draw, spot.level >= 0 && chance(draw, 55) ? REACHING : PLAIN)
  const text = filled(draw, spot, template)
  if (text === undefined || !fits(spot, text)) return { text: `r += ${constant(draw)};`, locals: [] }
  const { program } = spot
  const locals: Variable[] = []
  const named = text.replace(/\$(\w+)/g, (_, name: string) => {
    const known = locals.find(local => local.name.startsWith(name))
    if (known !== undefined) return `@${known.id}@`
    const form = FORMS[name] ?? 'number'
    const id = fresh(program, 'v')
    locals.push({
      id,
      name: chance(draw, 60) ? name : `${name}${id}`,
      form,
      first: firstOf(draw, form),
      linkage: 'local',
      section: '',
    })
    return `@${id}@`
  })
  const wanted = named
    .replace(/\bK\b/g, () => constant(draw))
    .replace(/\bM\b/g, String(2 + draw(6)))
    .replace(/\b([abc])U\b/g, `$1${fresh(program, 'L')}`)
  return { text: wanted, locals }
}

/** A header's function in C is one in each unit, and so is what it keeps; C++ knows no distances of labels. */
function fits({ program: { language }, level }: Spot, text: string): boolean {
  if (language === 'c++') return !/&&aU -/.test(text) && (level > 0 || !text.includes('BEGIN'))
  return (level >= 0 || !/\$\w/.test(text)) && (level > 0 || !text.includes('BEGIN'))
}

function firstOf(draw: Draw, form: Form): string {
  if (form === 'real') return '1.5'
  return (form === 'number' || form === 'thread') && chance(draw, 40) ? String(100 + draw(900)) : ''
}

/** With what the capital letters stand for; undefined where the spot has nothing of the kind. */
function filled(draw: Draw, spot: Spot, template: string): string | undefined {
  let text = template
  for (const [letter, find] of FINDERS) {
    const wanted = new RegExp(`\\b${letter}\\b`, 'g')
    if (text.search(wanted) === -1) continue
    const found = find(draw, spot)
    if (found === undefined) return undefined
    // A function may be another one at each place, all else is the same.
    text = text.replace(wanted, () => `@${(letter === 'F' ? find(draw, spot) : undefined) ?? found}@`)
  }
  return text
}

type Find = (draw: Draw, spot: Spot) => string | undefined

const FINDERS: readonly (readonly [string, Find])[] = [
  // A pointer holds functions of the lowest level only, so that nothing comes to call itself.
  ['P', (draw, spot) => (spot.level > 0 ? variable(draw, spot, 'pointer') : undefined)],
  ['F', (draw, spot) => one(draw, callees(spot))],
  ['Z', (draw, spot) => one(draw, leaves(spot))],
  ['H', (draw, { program }) => one(draw, headerOf(program).routines)],
  [
    'A',
    (draw, spot) =>
      spot.level > 0
        ? one(
            draw,
            spot.program.units.flatMap(({ aliases }) => aliases),
          )
        : undefined,
  ],
  ['V', (draw, spot) => variable(draw, spot, 'number')],
  ['D', (draw, spot) => variable(draw, spot, 'address')],
  // Seldom: what a payload needs of them is refused.
  ['T', (draw, spot) => (chance(draw, 20) ? variable(draw, spot, 'thread') : undefined)],
]

const one = (draw: Draw, from: readonly { readonly id: string }[]): string | undefined =>
  from.length === 0 ? undefined : pick(draw, from).id

/** Functions that the spot may call. */
function callees({ program, unit, level }: Spot): readonly Routine[] {
  return sourcesOf(program).flatMap(each =>
    each.routines.filter(
      ({ level: other, linkage, takes }) => other < level && takes === 'one' && (linkage !== 'static' || each === unit),
    ),
  )
}

const leaves = (spot: Spot): readonly Routine[] => callees(spot).filter(({ level }) => level === 0)

/** A variable of the form that the unit can reach, or a new one. */
function variable(draw: Draw, spot: Spot, form: Form): string | undefined {
  const { program, unit } = spot
  const reachable = sourcesOf(program).flatMap(each =>
    each.variables.filter(one => one.form === form && (one.linkage !== 'static' || each === unit)),
  )
  if (reachable.length > 0 && chance(draw, 60)) return pick(draw, reachable).id
  const target =
    form === 'pointer'
      ? one(draw, leaves(spot))
      : form === 'address'
        ? variable(draw, spot, 'number')
        : firstOf(draw, form)
  if (target === undefined) return undefined
  return newVariable(draw, spot, { form, first: target })
}

function newVariable(draw: Draw, { program, unit }: Spot, { form, first }: Pick<Variable, 'form' | 'first'>): string {
  const id = fresh(program, 'v')
  const isCommon = form === 'number' && first === '' && program.language === 'c' && chance(draw, 30)
  const linkage =
    form === 'thread' ? 'static' : isCommon ? 'common' : pick(draw, ['static', 'static', 'global'] as const)
  const base = pick(draw, ['total', 'state', 'count'])
  // A static one may be called as one of another file, or a static local, is.
  const isFree = linkage === 'static' && !unit.variables.some(({ name }) => name === base)
  const name = isFree && chance(draw, 50) ? base : `${base}_${id}`
  const section = form === 'number' && first !== '' && chance(draw, 10) ? 'own_data' : ''
  unit.variables.push({ id, name, form, first, linkage, section })
  return id
}
