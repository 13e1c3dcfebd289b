/** Packages of what was published, taken apart by the tools that install them; what is in them runs on a stand-in. */
import { execFileSync, spawnSync } from 'node:child_process'
import { createHash, generateKeyPairSync } from 'node:crypto'
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readlinkSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { manifestOf } from '../../src/flows/fleet/publish/manifest.ts'
import type { Updates } from '../../src/report/updates.ts'
import { Machine, RUNS } from '../boot/stand-in.ts'
import { command } from '../xen/command.ts'

const PAYLOAD = `payloads/late-${RUNS}/01-fix/fix.livepatch`
const HOME = 'usr/lib/hotsplice/fixes'
const UNIT = 'usr/lib/systemd/system/hotsplice-fixes.service'
const WANTED = 'usr/lib/systemd/system/multi-user.target.wants/hotsplice-fixes.service'

let folder = ''
const at = (...names: string[]) => join(folder, ...names)
const sha256 = (file: string) => createHash('sha256').update(readFileSync(file)).digest('hex')

/** A relocatable object with debug information and with bytes behind it, as a signed payload is. */
function makePublished(): void {
  writeFileSync(at('fix.c'), 'int fix(int a) { return a + 1; }\n')
  execFileSync('gcc', ['-g', '-c', 'fix.c', '-o', 'fix.o'], { cwd: folder })
  mkdirSync(at('out', PAYLOAD, '..'), { recursive: true })
  writeFileSync(at('out', PAYLOAD), Buffer.concat([readFileSync(at('fix.o')), Buffer.from('~Module signature~')]))
  writeUpdates('fix')
}

/** Signs the manifest. */
const KEY = generateKeyPairSync('ed25519').privateKey

function writeUpdates(fix: string, more: Partial<Updates> = {}): void {
  const payload = { fix, ids: [], file: PAYLOAD, sha256: sha256(at('out', PAYLOAD)), buildId: '33', depends: RUNS }
  const index: Updates = {
    ...{ schema: 1, command: 'publish', version: '0', date: '2026-11-30T00:00:00Z', advisories: [], unknown: [] },
    bases: [{ buildId: RUNS, name: 'late', payloads: [payload], lacking: [] }],
  }
  writeFileSync(at('out/updates.json'), JSON.stringify({ ...index, ...more }))
  const paths = ['updates.json', PAYLOAD]
  const files = new Map(paths.map(path => [path, new Uint8Array(readFileSync(at('out', path)))]))
  writeFileSync(at('out/manifest.json'), manifestOf(files, index.date, KEY))
}

const pack = (output: string, more: Partial<Record<'name' | 'version' | 'umask' | 'from', string>> = {}) => {
  const { name = 'fixes', version = '1', umask = '022', from = 'out' } = more
  const facts = ['--name', name, '--package-version', version, '--maintainer', '100% Us <us@us.example>']
  const words = [process.execPath, command, 'package', from, '-o', output, ...facts]
  return spawnSync('sh', ['-c', 'umask "$0" && exec "$@"', umask, ...words], { cwd: folder, encoding: 'utf8' })
}

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'hotsplice-packages-'))
  makePublished()
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

/** What a host gets of it, in a folder. */
const KINDS = [
  {
    end: 'deb',
    tools: ['dpkg-deb'],
    unpack: (file: string, root: string) => execFileSync('dpkg-deb', ['-x', file, root]),
    scripts: (file: string) => {
      execFileSync('dpkg-deb', ['-e', file, at('control')])
      return `${readFileSync(at('control/prerm'), 'utf8')}${readFileSync(at('control/conffiles'), 'utf8')}`
    },
    script: /case "\$1" in remove\) \/bin\/sh \/usr\/lib\/hotsplice\/fixes\/boot\/hotsplice-boot removed ;; esac/,
  },
  {
    end: 'rpm',
    tools: ['rpmbuild', 'rpm2archive', 'rpm'],
    unpack: (file: string, root: string) => {
      mkdirSync(root)
      const input = execFileSync('rpm2archive', ['-'], {
        input: readFileSync(file),
        stdio: ['pipe', 'pipe', 'inherit'],
      })
      execFileSync('tar', ['-xz'], { cwd: root, input })
    },
    scripts: (file: string) =>
      execFileSync('rpm', ['-qp', '--nosignature', '--scripts', '--configfiles', file], { encoding: 'utf8' }),
    script: /if \[ "\$1" = 0 \]; then \/bin\/sh \/usr\/lib\/hotsplice\/fixes\/boot\/hotsplice-boot removed; fi/,
  },
]

for (const { end, tools, unpack, scripts, script } of KINDS) {
  const absent = tools.filter(tool => spawnSync(tool, ['--version']).error !== undefined)
  const title = `.${end}${absent.length > 0 ? ` (missing: ${absent.join(', ')})` : ''}`

  describe.skipIf(absent.length > 0)(title, () => {
    const root = () => at(`root-${end}`)
    beforeAll(() => {
      expect(pack(`one.${end}`)).toMatchObject({ status: 0, stderr: '' })
      unpack(at(`one.${end}`), root())
    })

    test('two are equal, byte for byte, whatever the umask, the folder and the time', () => {
      cpSync(at('out'), at(`copy-${end}`), { recursive: true })
      expect(pack(`two.${end}`, { from: `copy-${end}`, umask: '077' })).toMatchObject({ status: 0, stderr: '' })
      expect(sha256(at(`two.${end}`))).toBe(sha256(at(`one.${end}`)))
    })

    test('the payload in it is the published one, and all the rest is there', () => {
      expect(sha256(join(root(), HOME, PAYLOAD))).toBe(sha256(at('out', PAYLOAD)))
      expect(sha256(join(root(), HOME, 'updates.json'))).toBe(sha256(at('out/updates.json')))
      expect(readlinkSync(join(root(), WANTED))).toBe('../hotsplice-fixes.service')
      expect(existsSync(join(root(), 'etc/hotsplice/fixes.conf'))).toBe(true)
    })

    test('systemd finds nothing amiss with the unit', ({ skip }) => {
      if (spawnSync('systemd-analyze', ['--version']).error !== undefined) skip('systemd-analyze is missing')
      const words = ['verify', '--man=no', '--recursive-errors=no', `--root=${root()}`, `/${UNIT}`]
      const { stdout, stderr } = spawnSync('systemd-analyze', words, { encoding: 'utf8' })
      expect(
        `${stdout}${stderr}`.split('\n').filter(line => line.includes('hotsplice') && !line.includes('/bin/sh')),
      ).toEqual([])
    })

    test('removal asks the boot program, and the configuration is the host’s', () => {
      const said = scripts(at(`one.${end}`))
      expect(said).toMatch(script)
      expect(said).toMatch(/^\/etc\/hotsplice\/fixes\.conf$/m)
    })

    test('what the unit runs applies what is in it', () => {
      const machine = new Machine([])
      machine.install(root())
      try {
        expect(machine.run('apply')).toEqual({ status: 0, stdout: 'fix: applied\n', stderr: '' })
        expect(machine.read('hypervisor/uploaded').trim()).toBe(sha256(at('out', PAYLOAD)))
      } finally {
        machine.remove()
      }
    })
  })
}

test.for([
  ['none.tar', {}, 'neither in .deb nor in .rpm'],
  ['none.rpm', { version: '1-1' }, 'none that a .rpm can have'],
  ['none.rpm', { version: 'x:1' }, 'none that a .rpm can have'],
  ['none.deb', { version: '1-' }, 'none that a .deb can have'],
  ['none.deb', { version: ':1' }, 'none that a .deb can have'],
  ['none.deb', { version: '1:2:3' }, 'none that a .deb can have'],
  ['none.deb', { version: '1 2' }, 'none that a .deb can have'],
  ['none.deb', { from: 'nowhere' }, 'publish/no-index'],
  ['none.deb', { name: 'Fixes' }, 'none that a .deb can have'],
] as const)('%s, %o is told', ([output, more, words]) => {
  expect(pack(output, more)).toMatchObject({ status: 1, stderr: expect.stringContaining(words) })
  expect(existsSync(at(output))).toBe(false)
})

test.for(['soon', '', '2026-13-01T00:00:00Z', '2026-11-30'])('a date that is none is told: %s', date => {
  writeUpdates('fix', { date })
  expect(pack('none.deb')).toMatchObject({ status: 1, stderr: expect.stringContaining('publish/no-index') })
  writeUpdates('fix')
})

test('what is no file is not left out silently', () => {
  symlinkSync('updates.json', at('out/link'))
  expect(pack('none.deb')).toMatchObject({ status: 1, stderr: expect.stringContaining('symbolic link') })
  rmSync(at('out/link'))
})

test('a version may have an epoch, which both kinds of packages tell', ({ skip }) => {
  const tools = ['dpkg-deb', 'rpmbuild', 'rpm'].filter(tool => spawnSync(tool, ['--version']).error !== undefined)
  if (tools.length > 0) skip(`missing: ${tools.join(', ')}`)
  for (const end of ['deb', 'rpm']) expect(pack(`epoch.${end}`, { version: '2:1.0~rc1' })).toMatchObject({ status: 0 })
  const deb = execFileSync('dpkg-deb', ['-f', at('epoch.deb'), 'Version'], { encoding: 'utf8' })
  const rpm = ['-qp', '--nosignature', '--qf', '%{epoch}:%{version}', at('epoch.rpm')]
  expect([deb.trim(), execFileSync('rpm', rpm, { encoding: 'utf8' })]).toEqual(['2:1.0~rc1', '2:1.0~rc1'])
})

test('a name that would be two words at boot is not packed', () => {
  writeUpdates('fix other')
  expect(pack('none.deb')).toMatchObject({ status: 1, stderr: expect.stringContaining('publish/bad-name') })
  writeUpdates('fix')
})
