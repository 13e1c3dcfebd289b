/** Lines of functions in texts as people write them, and where no text tells whose a body is. */
import { expect, test } from 'vitest'
import { functionLines } from './function-lines.ts'

const told = (text: string) => functionLines(text)?.map(({ name, from, to }) => [name, from, to])

test('from the head to the closing brace; what is around is no function’s', () => {
  const text = `#include <x.h>
/* about f */
static int __init
f(int (*call)(void), int b)
{
    return b ? call() : 0;
}
int limit = 3;
struct s { int a; };
struct s all[] = {
    { 1 },
};
void g(void) { do_it("}"); }
static struct s *h(enum e a) {}
struct packed(4) { int a; } one;
`
  expect(told(text)).toEqual([
    ['f', 3, 7],
    ['g', 13, 13],
    ['h', 14, 14],
    [undefined, 15, 15],
  ])
})

test('attributes with lists beside the parameters', () => {
  const text = `int f(void) __releases(lock) {
}
static void __printf(1, 2) g(const char *s, ...)
{
}
int h(void) __attribute__((noinline)) {}
EXPORT_SYMBOL(f)
int k(void)
{
}
void __flush(int cpu)
{
}
`
  expect(told(text)).toEqual([
    ['f', 1, 2],
    ['g', 3, 5],
    ['h', 6, 6],
    ['k', 8, 10],
    ['__flush', 11, 13],
  ])
})

test('a body that a macro names has no name, and is not taken for one outside of functions', () => {
  const text = `DEFINE_CALL(f, int a)
{
}
void DO(other)(int a)
{
}
macro(x)
{
}
int (*pointed(int a))(void)
{
}
`
  expect(told(text)).toEqual([
    [undefined, 1, 3],
    [undefined, 4, 6],
    [undefined, 7, 9],
    [undefined, 10, 12],
  ])
})

test('every branch of a group counts; one body behind two heads has no name', () => {
  const text = `#ifdef A
int f(void)
{
    return 1;
}
#else
int f(void)
{
#ifdef B
    if ( 1 ) {
#else
    {
#endif
    }
    return 2;
}
#endif
#ifdef C
int g(int a)
#else
int g(void)
#endif
{
}
`
  expect(told(text)).toEqual([
    ['f', 2, 5],
    ['f', 7, 16],
    [undefined, 23, 24],
  ])
})

test('unbalanced: not known', () => {
  expect(told('int f(void) { ( }')).toBeUndefined()
})
