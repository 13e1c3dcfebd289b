/**
 * Compilers that run in another root: a folder that has this machine's programs mounted, and one of its own. What is built
 * behind the prefix is what is built by a run in there, byte for byte.
 */
import { execFileSync } from 'node:child_process'
import {
  chmodSync,
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readlinkSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { InputError } from '../../src/base/errors.ts'
import { compileUnits, quiet } from '../../src/trees/index.ts'
import { type OpenOptions, openTree } from '../support/opened.ts'
import { withoutRoot } from '../support/other-root.ts'

const MOUNTED = ['usr', 'bin', 'lib', 'lib64', 'etc', 'dev']

const ENTER = `root=$1; shift
for each in ${MOUNTED.join(' ')}; do [ ! -d "$root/$each" ] || [ -L "$root/$each" ] || mount --rbind "/$each" "$root/$each"; done
exec chroot "$root" "$@"`

const HEADER = '#define WHERE __FILE__\nstatic inline const char *here(void) { return __FILE__; }\n'
const SOURCE =
  '#include <stddef.h>\n#include "h.h"\nconst char *f(void) { return WHERE; }\nconst char *g(void) { return here(); }\nsize_t line(void) { return __LINE__; }\n'

let root = ''
beforeEach(() => {
  root = realpathSync(mkdtempSync(join(tmpdir(), 'hotsplice-root-')))
  for (const name of MOUNTED) {
    const path = `/${name}`
    if (!existsSync(path)) continue
    if (lstatSync(path).isSymbolicLink()) symlinkSync(readlinkSync(path), join(root, name))
    else mkdirSync(join(root, name))
  }
  for (const name of ['opt', 'build/tree/include', 'cache', 'tmp']) mkdirSync(join(root, name), { recursive: true })
  writeFileSync(join(root, 'opt/own-gcc'), '#!/bin/sh\nexec gcc "$@"\n')
  chmodSync(join(root, 'opt/own-gcc'), 0o755)
  writeFileSync(join(root, 'enter'), ENTER)
  writeFileSync(join(root, 'build/tree/include/h.h'), HEADER)
  writeFileSync(join(root, 'build/tree/a.c'), SOURCE)
})
afterEach(() => rmSync(root, { recursive: true, force: true }))

/** The tree is spelled as in there: by relative names, and by whole ones. */
const OPTIONS = [
  '-O1',
  '-g',
  '-ffunction-sections',
  '-fdata-sections',
  '-I/build/tree/include',
  '-ffile-prefix-map=/build/tree/include=./i',
]
const command = (compiler: string, source: string) => [compiler, ...OPTIONS, '-c', source, '-o', 'a.o']

function commands(compiler = '/opt/own-gcc', source = '/build/tree/a.c'): void {
  const entry = { directory: '/build/tree', file: source, arguments: command(compiler, source) }
  writeFileSync(join(root, 'build/tree/compile_commands.json'), JSON.stringify([entry]))
}

const prefix = () => `unshare --mount sh ${join(root, 'enter')} ${root}`
const inside = (words: readonly string[]) => {
  const [program = '', ...rest] = [...prefix().split(' '), 'env', '-C', '/build/tree', 'SOURCE_DATE_EPOCH=0', ...words]
  execFileSync(program, rest, { stdio: 'pipe' })
}
const options = (change: Partial<OpenOptions> = {}): OpenOptions => ({
  tree: join(root, 'build/tree'),
  target: 'process',
  jobs: 2,
  progress: quiet,
  cacheFolder: join(root, 'cache'),
  toolchain: prefix(),
  toolchainPath: [`/=${root}`],
  ...change,
})

const failure = (change: Partial<OpenOptions>) =>
  openTree(options(change))
    .then(async tree =>
      compileUnits(
        tree,
        tree.units.map(unit => ({ unit, overlay: new Map(), label: 'original' })),
      ),
    )
    .then(
      () => undefined,
      (error: unknown) => error,
    )

describe.skipIf(withoutRoot !== '')(`compilers in another root${withoutRoot}`, () => {
  test.for([
    { source: '/build/tree/a.c', folders: ['/'] },
    { source: 'a.c', folders: ['/'] },
    // Of the folders none holds all, so that no link would do for both.
    { source: './a.c', folders: ['/build', '/cache', '/usr', '/lib'] },
  ])('the same bytes as a run in there, of $source, with $folders mapped', async ({ source, folders }) => {
    commands('/opt/own-gcc', source)
    const toolchainPath = folders.map(
      folder => `${folder}=${folder === '/usr' || folder === '/lib' ? folder : root + folder}`,
    )
    const tree = await openTree(options({ toolchainPath }))
    const [unit] = tree.units
    if (unit === undefined) throw new Error('there is no unit')
    const compile = async (overlay: ReadonlyMap<string, string>) => {
      const [done] = await compileUnits(tree, [{ unit, overlay, label: 'original' }])
      return done
    }
    const own = await compile(new Map())
    inside(command('/opt/own-gcc', source))
    const built = () => new Uint8Array(readFileSync(join(root, 'build/tree/a.o')))
    expect(Buffer.from(own?.object ?? []).equals(built())).toBe(true)
    expect(own?.reads.map(name => name.replace(/^.*\/(?=[^/]+$)/, '')).sort()).toEqual(
      expect.arrayContaining(['a.c', 'h.h', 'stddef.h']),
    )
    // A patched text is read where the tree's own would be, though its folder is spelled as in there.
    const changed = await compile(new Map([['include/h.h', HEADER.replace('return', 'return 1 +')]]))
    writeFileSync(join(root, 'build/tree/include/h.h'), HEADER.replace('return', 'return 1 +'))
    inside(command('/opt/own-gcc', source))
    expect(Buffer.from(changed?.object ?? []).equals(built())).toBe(true)
    expect(changed?.object).not.toEqual(own?.object)
  })

  test('a file that says it for each base is as good as the options', async () => {
    commands()
    const toolchainFile = join(root, 'bases.json')
    writeFileSync(toolchainFile, JSON.stringify({ build: { toolchain: prefix(), toolchainPath: [`/=${root}`] } }))
    const compiled = async (change: Partial<OpenOptions>) => {
      const tree = await openTree(options(change))
      const [done] = await compileUnits(
        tree,
        tree.units.map(unit => ({ unit, overlay: new Map(), label: 'original' })),
      )
      return Buffer.from(done?.object ?? [])
    }
    const own = await compiled({ cacheFolder: join(root, 'build') })
    const told = await compiled({ toolchain: undefined, toolchainPath: undefined, toolchainFile })
    expect(told.length).toBeGreaterThan(0)
    expect(told.equals(own)).toBe(true)
    const missing = await failure({ toolchain: undefined, toolchainPath: undefined, tree: root, toolchainFile })
    expect(missing).toMatchObject({ code: 'toolchain/not-in-file' })
  })

  test.for<{ readonly what: string; readonly code: string; readonly change: () => Partial<OpenOptions> }>([
    {
      what: 'a prefix that is no program',
      code: 'toolchain/no-prefix',
      change: () => ({ toolchain: 'no-such-program x' }),
    },
    {
      what: 'a prefix that fails',
      code: 'toolchain/not-entered',
      change: () => ({ toolchain: 'chroot /no/such/root' }),
    },
    {
      what: 'a compiler that is not in there',
      code: 'toolchain/no-compiler',
      change: () => {
        commands('own-gcc-99')
        return {}
      },
    },
    {
      what: 'a cache that is not mapped',
      code: 'toolchain/not-mapped',
      change: () => ({ toolchainPath: [`/build=${root}/build`] }),
    },
    {
      what: 'headers that are not mapped',
      code: 'toolchain/not-visible',
      change: () => ({ toolchainPath: [`/build=${root}/build`, `/cache=${root}/cache`] }),
    },
    {
      what: 'a prefix that only a shell understands',
      code: 'toolchain/bad-prefix',
      change: () => ({ toolchain: 'chroot $ROOT' }),
    },
    { what: 'a map that is none', code: 'toolchain/bad-path', change: () => ({ toolchainPath: ['work'] }) },
    { what: 'a map without a prefix', code: 'toolchain/bad-path', change: () => ({ toolchain: undefined }) },
  ])('$what is told by name', async ({ code, change }) => {
    commands()
    const error = await failure(change())
    expect(error).toBeInstanceOf(InputError)
    expect(error).toMatchObject({ code })
  })
})
