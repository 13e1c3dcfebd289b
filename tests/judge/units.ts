/** A drawn program as the compiler reads it: a file for each unit, and the fixed part that is never patched. */
import {
  type Alias,
  headerOf,
  idsIn,
  type Program,
  type Routine,
  sourcesOf,
  textOf,
  type UnitText,
  type Variable,
} from './model.ts'

/** What every file begins with; the oracle too. */
export const PRELUDE = `#ifdef __cplusplus
extern "C" {
#endif
int printf(const char *, ...);
int snprintf(char *, unsigned long, const char *, ...);
unsigned long strlen(const char *);
struct step { unsigned factor; unsigned (*run)(unsigned); };
struct pair { unsigned a, b; };
extern const struct step __start_steps[], __stop_steps[];
extern int never;
void say(const char *, ...);
void complain(const char *, int);
#ifdef __cplusplus
}
#endif
`

const DECLARATORS: Readonly<Record<Variable['form'], (name: string) => string>> = {
  number: name => `unsigned ${name}`,
  ring: name => `unsigned ${name}[4]`,
  latch: name => `unsigned char ${name}`,
  pair: name => `struct pair ${name}`,
  real: name => `double ${name}`,
  thread: name => `__thread unsigned ${name}`,
  pointer: name => `unsigned (*${name})(unsigned)`,
  address: name => `unsigned *${name}`,
}

export const declare = ({ form }: Variable, name: string): string => DECLARATORS[form](name)

/** The value, as it stands behind the declaration; `nameOf` says what an id is called there. */
export function initialiser({ form, first }: Variable, nameOf: (id: string) => string): string {
  if (first === '') return ''
  if (form === 'address') return ` = &${nameOf(first)}`
  return ` = ${form === 'pointer' ? nameOf(first) : first}`
}

/** File name → text. */
export function textsOf(program: Program): ReadonlyMap<string, string> {
  const texts = [...program.units.map(unit => [unit.name, unitText(program, unit)] as const)]
  return new Map([...texts, ['main.c', fixedPart(program)]])
}

function unitText(program: Program, unit: UnitText): string {
  const names = namesIn(program, unit)
  const nameOf = (id: string) => names.get(id) ?? id
  const isHeader = unit === headerOf(program)
  const bodies = unit.routines.map(routine => routineText(routine, nameOf))
  const moved = Array.from({ length: unit.moved }, () => '/* moved */')
  if (isHeader) return [...moved, PRELUDE, ...bodies].join('\n')
  return [
    `#include "shared.h"`,
    ...linkageC(program, [...prototypes(program, unit), ...externs(program, unit, nameOf)]),
    ...unit.variables.map(variable => variableText(variable, nameOf)),
    ...moved,
    ...bodies,
    ...linkageC(program, [
      ...unit.aliases.map(alias => aliasText(alias, nameOf)),
      ...unit.entries.map(
        ({ name, factor, run }) =>
          `__attribute__((section("steps"), used, aligned(8))) static const struct step ${name} = { ${factor}, ${run === '' ? 0 : nameOf(run)} };`,
      ),
    ]),
    '',
  ].join('\n')
}

const linkageC = ({ language }: Program, lines: readonly string[]): readonly string[] =>
  language === 'c' || lines.length === 0 ? lines : ['extern "C" {', ...lines, '}']

/** Of all that the unit could mean: its own before what others have. */
function namesIn(program: Program, unit: UnitText): ReadonlyMap<string, string> {
  const names = new Map<string, string>()
  for (const each of [...program.units.filter(other => other !== unit), unit]) {
    for (const { id, name } of [...each.variables, ...each.routines, ...each.aliases]) names.set(id, name)
    for (const { locals } of each.routines.flatMap(({ statements }) => statements)) {
      for (const { id, name } of locals) names.set(id, name)
    }
  }
  return names
}

const HEADS = { one: 'unsigned n', two: 'unsigned n, unsigned r' } as const

/** Of its own functions, and of those of others that it mentions. */
function prototypes(program: Program, unit: UnitText): readonly string[] {
  const used = mentionedIn(unit)
  const lines = sourcesOf(program).flatMap(each => [
    ...each.routines
      .filter(({ id, linkage }) => each === unit || (used.has(id) && linkage !== 'static'))
      .map(routine => `${headOf(routine)};`),
    ...each.aliases
      .filter(({ id }) => used.has(id) && each !== unit)
      .map(({ name }) => `unsigned ${name}(unsigned n);`),
    ...each.aliases.filter(() => each === unit).map(({ name }) => `extern unsigned ${name}(unsigned n);`),
  ])
  return [...new Set(lines)]
}

function headOf({ name, linkage, takes }: Routine): string {
  return `${linkage === 'static' ? 'static ' : ''}unsigned ${name}(${HEADS[takes]})`
}

function mentionedIn(unit: UnitText): ReadonlySet<string> {
  const texts = unit.routines.flatMap(routine => idsIn(textOf(routine)))
  const places = [...unit.variables.map(({ first }) => first), ...unit.entries.map(({ run }) => run)]
  return new Set([...texts, ...places, ...unit.aliases.map(({ of }) => of)])
}

function externs(program: Program, unit: UnitText, nameOf: (id: string) => string): readonly string[] {
  const used = mentionedIn(unit)
  return sourcesOf(program).flatMap(each =>
    each.variables
      .filter(({ id, linkage }) => each !== unit && used.has(id) && linkage !== 'static')
      .map(variable => `extern ${declare(variable, nameOf(variable.id))};`),
  )
}

function variableText(variable: Variable, nameOf: (id: string) => string): string {
  const { linkage, section, name } = variable
  const where = section === '' ? '' : `__attribute__((section("${section}"))) `
  const kind = linkage === 'static' || linkage === 'local' ? 'static ' : ''
  return `${where}${kind}${declare(variable, name)}${initialiser(variable, nameOf)};`
}

function routineText(routine: Routine, nameOf: (id: string) => string): string {
  const { linkage, attributes, statements, takes, name } = routine
  const words = [linkage === 'weak' ? 'weak' : '', attributes].filter(word => word !== '')
  const head = linkage === 'inline' ? `inline unsigned ${name}(${HEADS[takes]})` : headOf(routine)
  return [
    `${words.length === 0 ? '' : `__attribute__((${words.join(', ')})) `}${linkage === 'inline' ? INLINE : ''}${head}`,
    '{',
    ...(takes === 'one' ? ['    unsigned r = n;'] : []),
    ...statements.map(({ text, locals }) => {
      const body = text.replace(/@(\w+)@/g, (_, id: string) => nameOf(id))
      const filled = body.replace('BEGIN', '__start_steps').replace('END', '__stop_steps').replaceAll('\n', '\n    ')
      if (locals.length === 0) return `    ${filled}`
      return `    { ${locals.map(local => variableText(local, nameOf)).join(' ')}\n    ${filled} }`
    }),
    '    return r;',
    '}',
    '',
  ].join('\n')
}

/** In C++ one of all units, in C one in each. */
const INLINE = `
#ifndef __cplusplus
static
#endif
`

function aliasText({ name, of, isWeak }: Alias, nameOf: (id: string) => string): string {
  return `unsigned ${name}(unsigned n) __attribute__((${isWeak ? 'weak, ' : ''}alias("${nameOf(of)}")));`
}

/** Reads lines `m5` and `w7`: the number for all units, from the main thread or the other one. */
export const STEPPING = `
typedef unsigned long pthread_t;
int pthread_create(pthread_t *, const void *, void *(*)(void *), void *);
int pipe(int *);
long read(int, void *, unsigned long), write(int, const void *, unsigned long);
int fflush(void *);
int vprintf(const char *, __builtin_va_list);
int never;
void say(const char *format, ...) { __builtin_va_list list; __builtin_va_start(list, format); vprintf(format, list); __builtin_va_end(list); }
__attribute__((cold)) void complain(const char *file, int line) { printf("complaint %s %d\\n", file, line); }
static void step(unsigned n);
static int to[2], from[2];
static long all(int file, void *at, unsigned long size)
{
    long got;
    do got = read(file, at, size); while (got < 0);
    return got;
}
static void *other(void *nothing)
{
    unsigned n;
    while (all(to[0], &n, sizeof n) > 0) { step(n); write(from[1], &n, sizeof n); }
    return nothing;
}
static int command(char letter, unsigned n);
int main(void)
{
    pthread_t thread; char c, letter = 0; unsigned n = 0;
    if (pipe(to) || pipe(from) || pthread_create(&thread, 0, other, 0)) return 1;
    printf("=\\n"); fflush(0);
    while (all(0, &c, 1) > 0) {
        if (c >= 'a') { letter = c; n = 0; continue; }
        if (c != '\\n') { n = n * 10 + (unsigned) (c - '0'); continue; }
        if (letter == 'm') step(n);
        else if (letter == 'w') { write(to[1], &n, sizeof n); all(from[0], &n, sizeof n); }
        else command(letter, n);
        printf("=\\n"); fflush(0);
    }
    return 0;
}
`

/** Asks each unit's entry. */
export const stepText = (program: Program): string =>
  `static void step(unsigned n)\n{\n${sourcesOf(program)
    .map((_, at) => `    printf("u${at + 1} %u\\n", enter_${at + 1}(n));`)
    .join('\n')}\n}\n`

function fixedPart(program: Program): string {
  const entries = sourcesOf(program).map((_, at) => `unsigned enter_${at + 1}(unsigned n);`)
  return [
    '#include "shared.h"',
    '__attribute__((section("steps"), used, aligned(8))) static const struct step anchor = { 1, 0 };',
    ...entries,
    STEPPING,
    stepText(program),
    'static int command(char letter, unsigned n) { return letter + (int) n; }',
    '',
  ].join('\n')
}
