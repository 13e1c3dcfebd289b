/** Programs that nobody here wrote, of Debian's source packages: how each is laid out, compiled, and asked. */
import { execFileSync, spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { copyFileSync, cpSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const HERE = fileURLToPath(new URL('.', import.meta.url))
const SCRIPTS = fileURLToPath(new URL('../../scripts/', import.meta.url))

export interface Compile {
  readonly file: string
  readonly object: string
  readonly command: readonly string[]
}

/** A program as it was built once. No file of it is written again. */
export interface RealTree {
  readonly folder: string
  readonly commands: readonly Compile[]
  /** Makes `program` of the objects, where the command is run. */
  readonly link: readonly string[]
  readonly program: string
}

export interface RealProgram {
  readonly name: string
  readonly about: string
  /** Files that are edited. */
  readonly edited: readonly string[]
  readonly requests: readonly string[]
  /** How it is asked: by lines on its standard input, or over connections to a socket that it is given as the last word. */
  readonly asked: 'lines' | 'connections'
  readonly words: readonly string[]
  /** Fetches and builds it below the cache, unless it is there. */
  readonly tree: (cache: string) => RealTree
}

const both = (count: number): readonly string[] => Array.from({ length: count }, (_, at) => [`k${at}`, `n${at}`]).flat()

/** What is needed of a package, laid out in one folder, with a driver of ours. */
interface Layout {
  readonly package: string
  /** Files of the package, below it. */
  readonly files: (source: string) => readonly string[]
  /** Files that a build would make. */
  readonly made: (source: string) => Readonly<Record<string, string>>
  readonly driver: string
  readonly compiler: string
  readonly flags: readonly string[]
  readonly libraries: readonly string[]
}

export const LUA: RealProgram = {
  name: 'lua',
  about: 'Lua 5.4: an interpreter whose loop is computed goto',
  edited: ['lvm.c'],
  requests: both(19),
  asked: 'lines',
  words: [],
  tree: treeOf('lua', {
    package: 'lua5.4',
    files: source =>
      readdirSync(join(source, 'src'))
        .filter(name => /\.[ch]$/.test(name) && name !== 'lua.c' && name !== 'luac.c')
        .map(name => `src/${name}`),
    made: () => ({ 'lua5.4-deb-multiarch.h': '#define DEB_HOST_MULTIARCH "here"\n' }),
    driver: 'lua.c',
    compiler: 'gcc',
    // Else where something lies in a table is another thing each time.
    flags: ['-O2', '-g', '-fPIE', '-w', '-DLUA_USE_POSIX', '-Dluai_makeseed(L)=0u'],
    libraries: ['-lm'],
  }),
}

const ONIG: RealProgram = {
  name: 'onig',
  about: 'Oniguruma: compiled patterns hold addresses inside the function that matches (computed goto)',
  edited: ['regexec.c'],
  requests: both(20),
  asked: 'lines',
  words: [],
  tree: treeOf('onig', {
    package: 'libonig',
    files: source =>
      readdirSync(join(source, 'src'))
        .filter(name => /\.[ch]$/.test(name) && name !== 'mktable.c')
        .map(name => `src/${name}`),
    made: () => ({
      'config.h': `#define PACKAGE "onig"
#define VERSION "6.9"
#define SIZEOF_INT 4
#define SIZEOF_LONG 8
#define SIZEOF_LONG_LONG 8
#define SIZEOF_VOIDP 8
#define HAVE_ALLOCA_H 1
#define HAVE_STDINT_H 1
#define HAVE_INTTYPES_H 1
#define HAVE_SYS_TYPES_H 1
`,
    }),
    driver: 'onig.c',
    compiler: 'gcc',
    flags: ['-O2', '-fno-pie', '-w', '-DHAVE_CONFIG_H'],
    libraries: ['-no-pie'],
  }),
}

const SNAPPY: RealProgram = {
  name: 'snappy',
  about: 'snappy: C++ without exceptions, much of it inline and of templates',
  edited: ['snappy.cc'],
  requests: both(20).filter(request => request.startsWith('k')),
  asked: 'lines',
  words: [],
  tree: treeOf('snappy', {
    package: 'snappy',
    files: () => [
      ...['snappy.cc', 'snappy-sinksource.cc', 'snappy-stubs-internal.cc'],
      ...['snappy.h', 'snappy-internal.h', 'snappy-sinksource.h', 'snappy-stubs-internal.h'],
    ],
    made: source => ({
      'snappy-stubs-public.h': readFileSync(join(source, 'snappy-stubs-public.h.in'), 'utf8')
        .replaceAll(/\$\{\w+_01\}/g, '1')
        .replaceAll(/\$\{\w+\}/g, '1'),
    }),
    driver: 'snappy.cc',
    compiler: 'g++',
    flags: ['-O2', '-fPIE', '-ffunction-sections', '-w', '-DNDEBUG', '-fno-exceptions', '-fno-rtti'],
    libraries: [],
  }),
}

const MEMCACHED: RealProgram = {
  name: 'memcached',
  about: 'memcached: four threads that serve at once',
  edited: ['proto_text.c', 'items.c', 'memcached.c'],
  requests: [
    ...['set one 7 0 3\r\n111', 'set two 0 0 5\r\nworld', 'get one', 'get two one none', 'gets none'],
    ...['add one 0 0 1\r\nx', 'add four 0 0 4\r\nfour', 'replace four 1 0 2\r\n44', 'append four 0 0 2\r\n55'],
    ...['prepend four 0 0 1\r\n3', 'get four', 'incr one 5', 'decr one 200', 'incr one x', 'incr two 1', 'incr none 1'],
    ...['touch one 100', 'gat 100 one', 'delete two', 'delete two', 'get two', 'verbosity', 'version', 'nonsense'],
    ...[
      'set one',
      'mg one v',
      'mg none v',
      'ms five 2\r\nok',
      'md five',
      'md five',
      'set big 0 0 3000\r\n'.concat('z'.repeat(3000)),
    ],
    ...[
      'get big',
      'cas one 0 0 1 1\r\nz',
      'set neg 0 0 -1',
      'shutdown',
      'flush_all 1000',
      'delete one',
      'delete four',
      'delete big',
    ],
  ],
  asked: 'connections',
  words: ['-t', '4', '-m', '16', '-u', 'root', '-U', '0', '-s'],
  tree: memcachedTree,
}

export const PROGRAMS: readonly RealProgram[] = [LUA, ONIG, SNAPPY, MEMCACHED]

/** What is included by others, and is no unit. */
const NO_UNIT = /^unicode_.*_data(_posix)?\.c$|^unicode_fold_data\.c$/

function treeOf(name: string, layout: Layout): (cache: string) => RealTree {
  return cache => {
    const source = join(cache, 'real', layout.package)
    execFileSync(join(SCRIPTS, 'debian-source.sh'), ['source', layout.package, source], { stdio: 'pipe' })
    const folder = join(cache, 'real', `${name}-${digestOf(layout)}`)
    mkdirSync(folder, { recursive: true })
    const files = layout.files(source)
    for (const file of files) copyFileSync(join(source, file), join(folder, file.replace(/.*\//, '')))
    for (const [file, text] of Object.entries(layout.made(source))) writeFileSync(join(folder, file), text)
    const driver = layout.driver.replace(/.*\./, 'driver.')
    copyFileSync(join(HERE, layout.driver), join(folder, driver))
    copyFileSync(join(HERE, 'asked.h'), join(folder, 'asked.h'))
    const units = [...files.map(file => file.replace(/.*\//, '')), driver].filter(
      file => /\.cc?$/.test(file) && !NO_UNIT.test(file),
    )
    const commands = units.map(file => {
      const object = file.replace(/\.cc?$/, '.o')
      return { file, object, command: [layout.compiler, ...layout.flags, '-c', file, '-o', object] }
    })
    const objects = commands.map(({ object }) => object)
    const link = [layout.compiler, '-Wl,--build-id', '-o', 'program', ...objects, ...layout.libraries]
    return builtOnce({ folder, commands, link, program: 'program' })
  }
}

/** Of what a tree is made of besides the package. */
function digestOf({ driver, flags, libraries }: Layout): string {
  const hash = createHash('sha256').update(JSON.stringify([flags, libraries]))
  for (const file of [driver, 'asked.h']) hash.update(readFileSync(join(HERE, file)))
  return hash.digest('hex').slice(0, 12)
}

/** Compiles and links where it is not done, and leaves what a tree needs for the product. */
function builtOnce(tree: RealTree): RealTree {
  const { folder, commands, link } = tree
  const written = JSON.stringify(commands.map(({ file, command }) => ({ directory: folder, file, arguments: command })))
  const list = join(folder, 'compile_commands.json')
  if (spawnSync('cmp', ['-s', list, '-'], { input: written }).status === 0) return tree
  for (const { command } of commands) carryOut(command, folder)
  carryOut(link, folder)
  writeFileSync(list, written)
  return tree
}

/** Built by scripts/memcached.sh, with Debian's own rules for it. */
function memcachedTree(): RealTree {
  const folder = execFileSync(join(SCRIPTS, 'memcached.sh'), { encoding: 'utf8', timeout: 600_000 }).trim()
  const listed: readonly { file: string; output: string; arguments: readonly string[] }[] = JSON.parse(
    readFileSync(join(folder, 'compile_commands.json'), 'utf8'),
  )
  const commands = listed.map(({ file, output, arguments: command }) => ({ file, object: output, command }))
  const library = join(folder, '../libevent/usr/lib/x86_64-linux-gnu')
  const objects = commands.map(({ object }) => object)
  const link = ['gcc', '-pthread', '-Wl,--build-id', '-o', 'memcached', ...objects, `-L${library}`, '-levent']
  return { folder, commands, link, program: 'memcached' }
}

function carryOut([tool = '', ...words]: readonly string[], folder: string): void {
  execFileSync(tool, words, { cwd: folder, stdio: 'pipe' })
}

/** The program of the tree with one file in the place of another; undefined where that does not compile. */
export function rebuiltWith(
  tree: RealTree,
  edit: { readonly file: string; readonly text: string },
  folder: string,
): string | undefined {
  cpSync(tree.folder, folder, { recursive: true })
  writeFileSync(join(folder, edit.file), edit.text, 'latin1')
  try {
    for (const { file, command } of tree.commands) if (file === edit.file) carryOut(command, folder)
    carryOut(tree.link, folder)
  } catch {
    return undefined
  }
  return join(folder, tree.program)
}
