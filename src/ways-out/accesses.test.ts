import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { hasGcc, withoutGcc } from '../../tests/support/gcc.ts'
import { accessEdits, complaintsIn } from './accesses.ts'
import { editText } from './text-edits.ts'

const BEFORE = `struct s { int a; struct s *n, *list[3]; struct t *t; };
struct t { struct s s, pair[2]; };
struct h { int m; };
struct h *hotsplice_of_s(const struct s *object);
struct s *g(struct s *p, int i);
`
/** The compiler's own words about a text; empty where it takes it. */
function wordsOf(text: string): string {
  const folder = mkdtempSync(join(tmpdir(), 'hotsplice-accesses-'))
  try {
    writeFileSync(join(folder, 'f.c'), text)
    const env = { ...process.env, LC_ALL: 'C' }
    execFileSync('gcc', ['-Wall', '-Werror', '-fsyntax-only', 'f.c'], { cwd: folder, env, stdio: 'pipe' })
    return ''
  } catch (error) {
    return error instanceof Error && 'stderr' in error ? String(error.stderr) : String(error)
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

const LINES = [
  ['return p->m;', 'return hotsplice_of_s(p)->m;'],
  ['return sizeof(p->m) + !p->m;', 'return sizeof(hotsplice_of_s(p)->m) + !hotsplice_of_s(p)->m;'],
  ['return (*p).m;', 'return hotsplice_of_s(&(*p))->m;'],
  ['return p->t->s.m;', 'return hotsplice_of_s(&p->t->s)->m;'],
  ['return p->t->pair[1].m++;', 'return hotsplice_of_s(&p->t->pair[1])->m++;'],
  ['return g(p->n, 1)->m;', 'return hotsplice_of_s(g(p->n, 1))->m;'],
  ['return ((struct s *)0)->m;', 'return hotsplice_of_s((struct s *)0)->m;'],
  ['return p\n\t  ->n\n\t  ->m;', 'return hotsplice_of_s(p\n\t  ->n)->m;'],
  ['return (p->n ? p : p->n)->m-p -> m;', 'return hotsplice_of_s(p->n ? p : p->n)->m-hotsplice_of_s(p)->m;'],
  ['if ( p ) p->m = *&p->m;\n\treturn 0;', 'if ( p ) hotsplice_of_s(p)->m = *&hotsplice_of_s(p)->m;\n\treturn 0;'],
  // The compiler is silent about what is around another complaint.
  ['return p->list[p->m]->m;', 'return hotsplice_of_s(p->list[hotsplice_of_s(p)->m])->m;'],
  ['return g(p, p->m)->m;', 'return hotsplice_of_s(g(p, hotsplice_of_s(p)->m))->m;'],
] as const

describe.skipIf(!hasGcc)(`accesses of what a structure has no more${withoutGcc}`, () => {
  test.for(LINES)('%s', ([line, wanted]) => {
    let text = `${BEFORE}int f(struct s *p)\n{\n\t${line}\n}\n`
    for (let words = wordsOf(text), round = 0; words !== '' && round < 3; words = wordsOf(text), round++) {
      const edits = accessEdits(text, complaintsIn(words))
      text = typeof edits === 'string' ? edits : editText(text, edits).text
    }
    expect([wordsOf(text), text.slice(BEFORE.length)]).toEqual(['', `int f(struct s *p)\n{\n\t${wanted}\n}\n`])
  })

  test.for([
    ['static struct s one = { .m = 1 };\nint f(void) { return one.a; }\n', 'is not plain there'],
    ['int f(void) { return __builtin_offsetof(struct s, m); }\n', 'is used there other than by -> or .'],
    ['int f(void) { return (struct s){ 1 }.m; }\n', 'is not plain there'],
  ] as const)('%s', ([text, why]) => {
    const found = complaintsIn(wordsOf(BEFORE + text))
    expect(found).toHaveLength(1)
    expect(accessEdits(BEFORE + text, found)).toContain(why)
  })
})
