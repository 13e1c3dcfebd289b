/** Which compilers a tree has, by a file that says it for each base. */
import { mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { InputError } from '../base/errors.ts'
import { withToolchain } from './toolchain-file.ts'

let folder = ''
beforeAll(() => {
  folder = realpathSync(mkdtempSync(join(tmpdir(), 'hotsplice-toolchains-')))
  for (const name of ['bases/4.19', 'bases/4.20/xen', 'own', 'elsewhere'])
    mkdirSync(join(folder, name), { recursive: true })
  symlinkSync(join(folder, 'bases/4.20'), join(folder, 'newest'))
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const asked = (tree: string, text: string, more: object = {}) => {
  const toolchainFile = join(folder, 'toolchains.json')
  writeFileSync(toolchainFile, text)
  return withToolchain({ tree: join(folder, tree), target: 'xen', cacheFolder: '/', toolchainFile, ...more })
}

const FILE = JSON.stringify({
  bases: { toolchain: 'chroot /srv/debian12', toolchainPath: ['/=/srv/debian12'] },
  'bases/4.20': { toolchain: 'podman exec debian13' },
  own: null,
})

test.for([
  { tree: 'bases/4.19', toolchain: 'chroot /srv/debian12', toolchainPath: ['/=/srv/debian12'] },
  { tree: 'bases/4.20', toolchain: 'podman exec debian13', toolchainPath: undefined },
  { tree: 'bases/4.20/xen', toolchain: 'podman exec debian13', toolchainPath: undefined },
  { tree: 'newest', toolchain: 'podman exec debian13', toolchainPath: undefined },
  { tree: 'own', toolchain: undefined, toolchainPath: undefined },
])('the longest folder that holds $tree says it', ({ tree, toolchain, toolchainPath }) => {
  const found = asked(tree, FILE)
  expect([found.toolchain, found.toolchainPath]).toEqual([toolchain, toolchainPath])
  expect(found.tree).toBe(join(folder, tree))
})

test('whole paths are as good as those relative to the file, and a prefix that is given counts before the file', () => {
  const text = JSON.stringify({ [join(folder, 'own')]: { toolchain: 'chroot /srv/own' } })
  expect(asked('own', text).toolchain).toBe('chroot /srv/own')
  const given = asked('own', text, { toolchain: 'chroot /srv/given' })
  expect([given.toolchain, given.toolchainPath]).toEqual(['chroot /srv/given', undefined])
  // Nobody looks into a file that does not count.
  expect(asked('elsewhere', 'no JSON', { toolchain: 'chroot /srv/given' }).toolchain).toBe('chroot /srv/given')
})

test.for([
  {
    what: 'a tree of which it says nothing',
    text: FILE,
    tree: 'elsewhere',
    code: 'toolchain/not-in-file',
    says: /elsewhere/,
  },
  { what: 'what is no JSON', text: '{', tree: 'own', code: 'toolchain/bad-file', says: /JSON/ },
  { what: 'a list', text: '[]', tree: 'own', code: 'toolchain/bad-file', says: /folders/ },
  { what: 'a prefix alone', text: '{"own": "chroot /a"}', tree: 'own', code: 'toolchain/bad-file', says: /own/ },
  { what: 'no prefix', text: '{"own": {}}', tree: 'own', code: 'toolchain/bad-file', says: /toolchain/ },
  {
    what: 'another name',
    text: '{"own": {"toolchain": "a", "paths": ["/=/b"]}}',
    tree: 'own',
    code: 'toolchain/bad-file',
    says: /paths/,
  },
  {
    what: 'paths that are no list of words',
    text: '{"own": {"toolchain": "a", "toolchainPath": "/=/b"}}',
    tree: 'own',
    code: 'toolchain/bad-file',
    says: /toolchainPath/,
  },
  {
    what: 'a mistake about another tree, too',
    text: '{"own": null, "bases": {"toolchain": 1}}',
    tree: 'own',
    code: 'toolchain/bad-file',
    says: /bases/,
  },
])('$what is told by name', ({ text, tree, code, says }) => {
  const ask = () => asked(tree, text)
  expect(ask).toThrow(InputError)
  expect(ask).toThrow(says)
  expect(ask).toThrow(expect.objectContaining({ code }))
})

test('a file that is not there is an error', () => {
  const options = { tree: folder, target: 'xen', cacheFolder: '/', toolchainFile: join(folder, 'none.json') } as const
  expect(() => withToolchain(options)).toThrow(expect.objectContaining({ code: 'build/cannot-read' }))
})
