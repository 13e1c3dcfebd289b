import { expect, test } from 'vitest'
import { callsOn } from './calls.ts'
import { lex } from './lexer.ts'

const TEXT = `int f(int a)
{
    BUG_ON(a > 3);
    if ( check(a) ) BUG_ON(a);
        WARN();
    printk("%d %d",
           a,
           g(a));
    a = a +
        1;
    if ( a )
        a = ({
            a++;
        });
    return a;
}
`

test.for([
  [3, 'BUG_ON'],
  [4, 'check BUG_ON'],
  [5, 'WARN'],
  [6, 'printk'],
  [7, 'printk'],
  [8, 'g'],
  [9, ''],
  [10, ''],
  [11, ''],
  [13, ''],
  [15, ''],
] as const)('what line %i calls: %s', ([line, names]) => {
  expect(callsOn(lex(TEXT), line).join(' ')).toBe(names)
})
