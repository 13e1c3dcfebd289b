/** With an apt of our own; the real one is asked by `hotsplice tree debian` alone. */
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { writeScript } from '../../../tests/support/script.ts'
import { InputError } from '../../base/errors.ts'
import { createPool } from '../pool.ts'
import { quiet } from '../whole-run.ts'
import { inKernelTree, parseKernelPackage } from './kernel-tree.ts'

const WANTED = { name: 'linux-image-6.1.0-50-amd64', version: '6.1.176-1' }
/** What of a configuration says nothing of code changes too; as with Debian's, another name of the same compiler. */
const MAKEFILE = `olddefconfig:
\techo CONFIG_MORE=y >> .config
\techo 'CONFIG_BUILD_SALT=""' >> .config
\tsed -i 's/"gcc-12 /"gcc /; s/RUSTC_VERSION=0/RUSTC_VERSION=109500/' .config
prepare:
\techo done > prepared
`
const path = process.env.PATH
let folder = ''

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'hotsplice-apt-'))
  mkdirSync(join(folder, 'bin'))
  process.env.PATH = `${join(folder, 'bin')}:${path}`
})
afterEach(() => {
  process.env.PATH = path
  rmSync(folder, { recursive: true, force: true })
})

/** An apt that has two packages, and a dpkg that unpacks them. */
function fake({ makefile = MAKEFILE, image = 'touch "$3/boot/vmlinuz-6.1.0-50-amd64"' } = {}): void {
  const program = (name: string, text: string) => {
    writeScript(join(folder, 'bin', name), `set -e\n${text}`)
  }
  mkdirSync(join(folder, 'packed/linux-source-6.1'), { recursive: true })
  writeFileSync(join(folder, 'packed/linux-source-6.1/Makefile'), makefile)
  program('apt-get', `for word; do last=$word; done; echo "$last" >> ${folder}/log; touch "\${last%%=*}.deb"`)
  program(
    'dpkg-deb',
    `case $2 in
      *linux-source-6.1.deb) mkdir -p "$3/usr/src"; tar -cf "$3/usr/src/linux-source-6.1.tar.xz" -C ${folder}/packed linux-source-6.1 ;;
      *) mkdir -p "$3/boot" "$3/lib/modules/6.1.0-50-amd64"; printf '%s\\n' CONFIG_SMP=y 'CONFIG_CC_VERSION_TEXT="gcc-12 (Debian 12.2.0-14) 12.2.0"' CONFIG_RUSTC_VERSION=0 > "$3/boot/config-6.1.0-50-amd64"; ${image} ;;
    esac`,
  )
}

const made = () => join(folder, 'made')
const make = () =>
  inKernelTree(WANTED, made(), { pool: createPool(2), progress: quiet, signal: undefined }, async tree => tree)

test('the source of the package’s version is prepared with its configuration, beside what it ships', async () => {
  fake()
  expect(await make()).toEqual({
    tree: join(made(), 'source'),
    image: join(made(), 'shipped/boot/vmlinuz-6.1.0-50-amd64'),
    makeArguments: ['olddefconfig', 'prepare'],
    otherConfig: ['MORE is not set in the package, y here'],
  })
  expect(readFileSync(join(folder, 'log'), 'utf8').trimEnd().split('\n')).toEqual([
    'linux-image-6.1.0-50-amd64=6.1.176-1',
    'linux-source-6.1=6.1.176-1',
  ])
  expect(readdirSync(join(made(), 'source')).sort()).toEqual(['.config', 'Makefile', 'prepared'])
  // Modules are looked for beside the folder of the image.
  expect(existsSync(join(made(), 'shipped/lib/modules/6.1.0-50-amd64'))).toBe(true)
  expect(readdirSync(made()).sort()).toEqual(['shipped', 'source'])
})

test('another compiler is a difference', async () => {
  fake({ makefile: MAKEFILE.replace('"gcc /', '"gcc /; s/12.2.0"/12.3.0"/') })
  const { otherConfig } = await make()
  expect(otherConfig).toContainEqual(expect.stringMatching(/^CC_VERSION_TEXT is .*12\.2\.0"? in the package/))
})

test.each([
  { what: 'a package that only depends on one', image: ':', code: 'debian/no-image', says: /no file like vmlinuz-/ },
  {
    what: 'a tool that is missing',
    makefile: 'olddefconfig: ; false no flex\n',
    code: 'debian/not-built',
    says: /no flex/,
  },
])('$what is an error, and leaves no folder', async ({ code, says, ...fakes }) => {
  fake(fakes)
  await expect(make()).rejects.toMatchObject({ code, message: expect.stringMatching(says) })
  expect(existsSync(made())).toBe(false)
})

test('what is no kernel’s package with its version', () => {
  expect(parseKernelPackage('linux-image-6.1.0-50-amd64=6.1.176-1')).toEqual(WANTED)
  expect(parseKernelPackage('xen-hypervisor-4.17-amd64=4.17.5')).toBeUndefined()
  for (const text of [
    'linux-image-amd64',
    'linux-image-amd64=',
    'linux-image-=6.1.1',
    'linux-image-a=6.1-1=2',
    'linux-image-a=x/y',
  ])
    expect(() => parseKernelPackage(text)).toThrow(InputError)
})
