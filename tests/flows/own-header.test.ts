/** The hooks of include/hotsplice.h, in the order in which a host calls them, with others that write in between. */
import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { hasGcc, withoutGcc } from '../support/gcc.ts'

const INCLUDE = join(import.meta.dirname, '../../include')

/** Two values, 5 to 6 and 1 to 2; each letter of the first argument is a step, and the values are printed last. */
const SOURCE = `#include "hotsplice.h"
#include <stdio.h>
static unsigned int first = 5, second = 1;
static const struct hotsplice_value values[] = {
    HOTSPLICE_NUMBER((unsigned char *)&first, 0, 4, 5, 6),
    HOTSPLICE_NUMBER((unsigned char *)&second, 0, 4, 1, 2),
};
HOTSPLICE_SET(values, OTHERWISE)
int main(int count, char **words)
{
    (void)count;
    for ( const char *step = words[1]; *step; step++ )
        switch ( *step )
        {
#ifdef ASKS
        case 'p': if ( values_preapply(0) ) { puts("vetoed"); return 0; } break;
#endif
        case 'l': values_load(); break;
        case 'u': values_unload(); break;
        case '7': first = 7; break;
        case '6': first = 6; break;
        case '2': second = 2; break;
        case '1': second = 1; break;
        }
    printf("%u %u\\n", first, second);
    return 0;
}
`

describe.skipIf(!hasGcc)(`hotsplice.h${withoutGcc}`, () => {
  let folder = ''
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'hotsplice-header-'))
    for (const otherwise of ['VETO', 'LEAVE']) {
      const program = join(folder, otherwise)
      writeFileSync(`${program}.c`, SOURCE.replace('OTHERWISE', otherwise))
      const asks = otherwise === 'VETO' ? ['-DASKS'] : []
      execFileSync('gcc', ['-Wall', '-Werror', '-O1', `-I${INCLUDE}`, ...asks, `${program}.c`, '-o', program])
    }
  })
  afterAll(() => rmSync(folder, { recursive: true, force: true }))

  test.for([
    { what: 'sets and takes back', steps: 'pl', values: '6 2' },
    { what: 'takes back', steps: 'plu', values: '5 1' },
    { what: 'has another value', steps: '7pl', values: 'vetoed', left: '7 1' },
    { what: 'gets another value after it was asked', steps: 'p7l', values: '7 1' },
    { what: 'gets the new value after it was asked', steps: 'p2lu', values: '5 2' },
    { what: 'gets both after it was asked, and wrote neither', steps: 'p62lu', values: '6 2' },
    { what: 'gets another value later', steps: 'pl7u', values: '7 1' },
    { what: 'gets the old value between', steps: 'p2l1plu', values: '5 1' },
    { what: 'is taken back once', steps: 'plu6u', values: '6 1' },
  ])('a value that $what ($steps)', ({ steps, values, left }) => {
    const run = (otherwise: string) => execFileSync(join(folder, otherwise), [steps], { encoding: 'latin1' }).trim()
    expect([run('VETO'), run('LEAVE')]).toEqual([values, left ?? values])
  })
})
