/** Two releases of a small program, and fixes of which something different comes for each; its compiler writes down what it does. */
import { chmodSync, existsSync, mkdirSync, readFileSync, rmSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { createTwoFilesPatch } from 'diff'

const LATER = `const int limits[] = {10, 20, 40};
static int used[3];
int allowed(int who, int amount)
{
    return used[who] + amount <= limits[who];
}
int give_back(int who, int amount)
{
    used[who] -= amount;
    return used[who];
}
`
const EARLIER = LATER.slice(0, LATER.indexOf('int give_back'))

const INCLUDE = '#include <shared.h>\n'

/** By the fix's name: what it replaces in the later release. */
const EDITS = {
  code: ['used[who] -= amount', 'used[who] -= amount > 0 ? amount : 0'],
  constant: ['40', '80'],
  words: ['const int', '/* in order */ const int'],
} as const

export interface SmallFleet {
  readonly folder: string
  readonly file: string
  /** Writes the patch of a fix anew, with other words in it. */
  readonly edit: (fix: keyof typeof EDITS, to: string) => void
  /** How often the compiler was called until now. */
  readonly compiles: () => number
  /** Makes everything as it was at first. */
  readonly restore: () => void
  /** While this file is there, the compiler does not come to its end with a text that says `stall`. */
  readonly block: string
}

/** In `folder`: FLEET.yaml, fixes, and the trees early and late, which the wrapped gcc of this machine compiles. */
export function makeSmallFleet(folder: string): SmallFleet {
  const [log, block, compiler] = [join(folder, 'compiles'), join(folder, 'block'), join(folder, 'cc')]
  const edit: SmallFleet['edit'] = (fix, to) => {
    const before = INCLUDE + LATER
    const after = before.replace(EDITS[fix][0], () => to)
    const patch = createTwoFilesPatch('a/quota.c', 'b/quota.c', before, after, '', '')
    writeFileSync(join(folder, `fixes/${fix}.patch`), patch)
  }
  const restore = () => {
    mkdirSync(join(folder, 'fixes'), { recursive: true })
    mkdirSync(join(folder, 'include'), { recursive: true })
    writeFileSync(compiler, wrapper(log, block))
    // By its size and time a compiler counts as another one.
    utimesSync(compiler, 1_000_000_000, 1_000_000_000)
    chmodSync(compiler, 0o755)
    writeFileSync(join(folder, 'include/shared.h'), '#define SHARED 1\n')
    rmSync(join(folder, 'first-include'), { recursive: true, force: true })
    mkdirSync(join(folder, 'first-include'))
    rmSync(join(folder, 'objects'), { recursive: true, force: true })
    for (const [name, source] of [
      ['early', EARLIER],
      ['late', LATER],
    ] as const) {
      const tree = join(folder, name)
      rmSync(tree, { recursive: true, force: true })
      mkdirSync(join(tree, '.git'), { recursive: true })
      writeFileSync(join(tree, '.git/kept.h'), '#define KEPT 1\n')
      symlinkSync('.git/kept.h', join(tree, 'kept.h'))
      writeFileSync(join(tree, 'quota.c'), INCLUDE + source)
      const folders = ['first-include', 'include'].map(path => `-I${join(folder, path)}`)
      const words = [compiler, '-O2', '-g', ...folders, '-c', 'quota.c', '-o', join(folder, `objects/${name}.o`)]
      const entry = { directory: tree, file: 'quota.c', arguments: words }
      writeFileSync(join(tree, 'compile_commands.json'), JSON.stringify([entry]))
    }
    for (const fix of ['code', 'constant', 'words'] as const) edit(fix, EDITS[fix][1])
    writeFileSync(join(folder, 'FLEET.yaml'), FLEET)
  }
  restore()
  const file = join(folder, 'FLEET.yaml')
  const compiles = () => (existsSync(log) ? readFileSync(log, 'utf8').split('\n').length - 1 : 0)
  return { folder, file, edit, compiles, restore, block }
}

/** Only what is compiled counts: what a compiler says of itself is asked of it without a source. */
const wrapper = (log: string, block: string) => `#!/bin/sh
for word; do
  case $word in
    *quota.c)
      echo "$*" >> '${log}'
      if grep -qs stall -- "$word"; then while [ -e '${block}' ]; do sleep 0.1; done; fi ;;
  esac
done
exec gcc "$@"
`

const FLEET = `bases:
  - { name: early, tree: early, target: process }
  - { name: late, tree: late, target: process }
fixes:
  - name: code
    ids: [CVE-2026-0001]
    patches: [fixes/code.patch]
  - name: constant
    patches: [fixes/constant.patch]
    expected-refusals:
      - { base: early, codes: [changed-constant], reason: it is read once, who: the release team }
  - name: words
    patches: [fixes/words.patch]
`
