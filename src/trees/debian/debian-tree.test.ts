/**
 * Fetching and building with an apt of our own, which writes down what it is asked; the real one is asked by
 * `hotsplice tree debian` alone.
 */
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { writeScript } from '../../../tests/support/script.ts'
import { InputError } from '../../base/errors.ts'
import { createPool } from '../pool.ts'
import { quiet } from '../whole-run.ts'
import { fetchPackage } from './apt.ts'
import { inDebianTree, parsePackage } from './debian-tree.ts'

const WANTED = { name: 'xen-hypervisor-4.17-amd64', version: '4.17.5+72-g01140da4e8-1' }
let folder = ''
const path = process.env.PATH

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'hotsplice-apt-'))
  mkdirSync(join(folder, 'bin'))
  mkdirSync(join(folder, 'etc/sources.list.d'), { recursive: true })
  writeFileSync(
    join(folder, 'etc/sources.list'),
    '# none\ndeb [arch=amd64] http://mirror.example/debian bookworm main\n',
  )
  writeFileSync(join(folder, 'etc/sources.list.d/own.sources'), 'Types: deb\nURIs: http://mirror.example/own\n')
  process.env.PATH = `${join(folder, 'bin')}:${path}`
})
afterEach(() => {
  process.env.PATH = path
  rmSync(folder, { recursive: true, force: true })
})

interface Fakes {
  /** Shell text, where the package's rules are made. */
  readonly rules?: string
  readonly debug?: boolean
  /** What apt-get does instead. */
  readonly apt?: string
  readonly image?: boolean
}

const RULES = `make_args_xen = XEN_TARGET_ARCH=x86_64 CC=some-gcc EXTRA_CFLAGS_XEN_CORE='-ffile-prefix-map=/a=. -g'
export FLAVOUR = own
%:
\tfalse
`

/** An apt that has one package, and a dpkg that unpacks it. */
function fake({ rules = RULES, debug = true, apt = '', image = true }: Fakes = {}): void {
  const program = (name: string, text: string) => {
    writeScript(join(folder, 'bin', name), `set -e\n${text}`)
  }
  const log = join(folder, 'log')
  writeFileSync(join(folder, 'rules'), rules)
  program(
    'apt-get',
    `for word; do printf '%s|' "$word"; done >> ${log}; echo >> ${log}
    ${apt}
    for word; do last=$word; done
    case " $* " in
      *" download "*-dbg=*) ${debug ? 'touch dbg.deb' : 'echo "E: no such version" >&2; exit 100'} ;;
      *" download "*) touch own.deb ;;
      *" source "*) mkdir -p xen-4.17/debian xen-4.17/xen; cp ${join(folder, 'rules')} xen-4.17/debian/rules
        echo CONFIG_DEBUG=n > xen-4.17/debian/xen-kconfig
        printf '%s\\n' 'all: ; echo "$(CC) $(FLAVOUR) $(SOURCE_DATE_EPOCH)" > built' 'olddefconfig: ; echo CONFIG_MORE=y >> .config' > xen-4.17/xen/Makefile ;;
    esac`,
  )
  program(
    'dpkg-deb',
    `case $1 in
      -f) echo "xen (4.17.5+72-g01140da4e8-1+b1)" ;;
      -x) case $2 in
        *dbg.deb) mkdir -p "$3/usr/lib/debug/boot"; echo syms > "$3/usr/lib/debug/boot/xen-syms-4.17-amd64"; echo map > "$3/usr/lib/debug/boot/xen-syms-4.17-amd64.map" ;;
        *) mkdir -p "$3/boot"; ${image ? 'echo image > "$3/boot/xen-4.17-amd64.gz";' : ''} printf 'CONFIG_DEBUG=n\\nCONFIG_MORE=y\\nCONFIG_CLANG_VERSION=0\\n' > "$3/boot/xen-4.17-amd64.config" ;;
      esac ;;
    esac`,
  )
}

const run = (signal?: AbortSignal) => ({ pool: createPool(2), progress: quiet, signal })
const made = () => join(folder, 'made')
const make = (signal?: AbortSignal) => inDebianTree(WANTED, made(), run(signal), async tree => tree)

test('a package, its symbols and its source become a folder, built as its rules say', async () => {
  fake()
  const tree = await make()
  expect(tree).toEqual({
    tree: join(made(), 'source'),
    image: join(made(), 'shipped/xen-4.17-amd64.gz'),
    symbols: join(made(), 'shipped/xen-syms-4.17-amd64'),
    makeArguments: ['XEN_TARGET_ARCH=x86_64', 'CC=some-gcc', 'EXTRA_CFLAGS_XEN_CORE=-ffile-prefix-map=/a=. -g'],
    otherConfig: ['CLANG_VERSION is 0 in the package, not set here'],
  })
  expect(readdirSync(made()).sort()).toEqual(['shipped', 'source'])
  expect(readFileSync(join(tree.image), 'utf8')).toBe('image\n')
  // What the rules set and export counts; the clock that hotsplice gives to compilers does not.
  expect(readFileSync(join(tree.tree, 'xen/built'), 'utf8')).toBe('some-gcc own \n')
})

test('apt is asked by argument lists, with lists of our own for sources', async () => {
  fake()
  const at = join(folder, 'work')
  mkdirSync(at)
  await fetchPackage(WANTED, at, run(), join(folder, 'etc'))
  const asked = readFileSync(join(folder, 'log'), 'utf8').trimEnd().split('\n')
  const quietly = '-q|-o|APT::Sandbox::User=root|-o|Dir::Cache::pkgcache=|-o|Dir::Cache::srcpkgcache=|'
  const own = `-o|Dir::Etc::SourceList=/dev/null|-o|Dir::Etc::SourceParts=${at}/sources.d|-o|Dir::State::Lists=${at}/lists|`
  expect(asked).toEqual([
    `${quietly}download|xen-hypervisor-4.17-amd64=4.17.5+72-g01140da4e8-1|`,
    `${quietly}download|xen-hypervisor-4.17-amd64-dbg=4.17.5+72-g01140da4e8-1|`,
    `${quietly}${own}update|`,
    `${quietly}${own}--only-source|source|xen=4.17.5+72-g01140da4e8-1+b1|`,
  ])
  const lists = readdirSync(join(at, 'sources.d')).sort()
  expect(lists.map(name => readFileSync(join(at, 'sources.d', name), 'utf8'))).toEqual([
    'deb-src [arch=amd64] http://mirror.example/debian bookworm main\n',
    'Types: deb-src\nURIs: http://mirror.example/own\n',
  ])
})

test('without a package of symbols, the image tells the names', async () => {
  fake({ debug: false })
  const { symbols, image } = await make()
  expect(symbols).toBe(image)
})

test.for<Fakes & { readonly what: string; readonly code: string; readonly says: RegExp }>([
  {
    what: 'a package that nobody has',
    apt: 'echo "E: no such package" >&2; exit 100',
    code: 'debian/not-fetched',
    says: /no such package/,
  },
  {
    what: 'a source that nobody has',
    apt: 'case " $* " in *" source "*) echo "E: no source" >&2; exit 100;; esac',
    code: 'debian/not-fetched',
    says: /the source xen=.*\n.*no source/,
  },
  { what: 'a package without an image', image: false, code: 'debian/no-image', says: /no xen-\*\.gz/ },
  {
    what: 'rules that are not of Debian’s xen',
    rules: '%:\n\ttrue\n',
    code: 'debian/unknown-rules',
    says: /make_args_xen/,
  },
  { what: 'rules that fail', rules: '$(error no such thing)\n', code: 'debian/not-built', says: /no such thing/ },
  {
    what: 'a build that fails',
    rules: `${RULES}export MAKEFLAGS += --warn-undefined-variables\nmake_args_xen += nothing-here\n`,
    code: 'debian/not-built',
    says: /nothing-here/,
  },
])('$what is an error, and leaves no folder', async ({ code, says, ...fakes }) => {
  fake(fakes)
  const error = await make().then(
    () => undefined,
    (reason: unknown) => reason,
  )
  expect(error).toBeInstanceOf(InputError)
  expect(error).toMatchObject({ code, message: expect.stringMatching(says) })
  expect(existsSync(made())).toBe(false)
})

test('a run that is stopped leaves no folder', async () => {
  fake({ apt: 'case " $* " in *" update "*) touch stopped-here; sleep 60;; esac' })
  const controller = new AbortController()
  const making = make(controller.signal)
  const isThere = () => existsSync(join(made(), '.fetched/source/stopped-here'))
  while (!isThere()) await new Promise(resolve => setTimeout(resolve, 5))
  controller.abort(new InputError('build/interrupted', 'stopped'))
  await expect(making).rejects.toMatchObject({ code: 'build/interrupted' })
  expect(existsSync(made())).toBe(false)
})

test('a folder that is there already is not touched', async () => {
  fake()
  mkdirSync(made())
  writeFileSync(join(made(), 'mine'), '')
  await expect(make()).rejects.toMatchObject({ code: 'system/exists' })
  expect(readdirSync(made())).toEqual(['mine'])
})

test.for([
  'xen-hypervisor-4.17-amd64',
  'xen-hypervisor-4.17-amd64=',
  'xen-hypervisor-4.17-amd64=-o',
  '--yes=1',
  'bash=5.2',
  'xen-hypervisor-4.17-amd64=1 --yes',
  'xen-hypervisor-4.17-amd64=1/../2',
])('%s is no package with its version', text => {
  expect(() => parsePackage(text)).toThrow(InputError)
})
