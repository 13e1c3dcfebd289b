/**
 * A kernel that takes signed modules only, with a key of our own in it (scripts/linux-own.sh build): it takes what
 * `sign --target linux` signed with that key, and nothing else. Building that kernel takes some ten minutes, which nobody is made
 * to wait for here: where it was not built, this is left out with a word.
 */
import { execFileSync, spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, it } from 'vitest'
import { signFile } from '../../src/flows/sign.ts'
import { rehearse } from '../../src/hosts/rehearsal/index.ts'
import { missingFor } from '../support/missing.ts'
import { said as saying } from './edits.ts'
import { Workshop } from './made.ts'

const script = fileURLToPath(new URL('../../scripts/linux-own.sh', import.meta.url))
const found = spawnSync(script, ['folder'], { encoding: 'utf8' })
const folder = found.stdout.trim()
const tools = missingFor('gcc', 'make', 'openssl', 'qemu-system-x86_64')
const without = folder === '' ? ` (${found.stderr.trim()})` : tools && ` (${tools})`

const SCRIPT = `! EKEYREJECTED load unsigned.ko
! EKEYREJECTED load tampered.ko
! EKEYREJECTED load strange.ko
list
expect-result 0
read /proc/cmdline
expect-no-output signed
load signed.ko
wait patch
read /proc/cmdline
expect-output signed
disable patch
wait patch
unload patch
expect-taints OK
`

it.skipIf(without !== '')(`a kernel takes what is signed with its key, and nothing else${without}`, async () => {
  const workshop = new Workshop({ image: join(folder, 'vmlinuz'), tree: join(folder, 'tree') })
  const work = mkdtempSync(join(tmpdir(), 'hotsplice-signed-'))
  try {
    const { report, payload } = await workshop.build(saying('signed'), true, { output: 'patch.ko' })
    expect(report.refusals).toEqual([])
    const unsigned = Buffer.from(payload ?? '')
    const by = (key: string, certificate: string) => {
      const pem = { key: readFileSync(key, 'utf8'), certificate: readFileSync(certificate, 'utf8') }
      return Buffer.from(signFile(unsigned, { ...pem, target: 'linux', format: 'cms', hash: 'sha256' }))
    }
    const [key, certificate] = ['key.pem', 'cert.pem'].map(file => join(work, file))
    const asked = ['-newkey', 'rsa:2048', '-nodes', '-batch', '-subj', '/CN=somebody else/', '-keyout', key ?? '']
    execFileSync('openssl', ['req', '-new', '-x509', ...asked, '-out', certificate ?? ''], { stdio: 'ignore' })
    const signed = by(join(folder, 'key.pem'), join(folder, 'cert.pem'))
    // The text that it prints, where any other letter would do for the loader.
    const tampered = Buffer.from(signed)
    tampered.write('tinged', tampered.indexOf('signed: '), 'latin1')
    const payloads = [...Object.entries({ unsigned, tampered, strange: by(key ?? '', certificate ?? ''), signed })].map(
      ([name, bytes]) => ({ name: `${name}.ko`, bytes }),
    )
    const options = { hypervisor: workshop.image, payloads, script: SCRIPT, timeoutMs: 240_000 }
    const { outcome, operations } = await rehearse({ system: 'Linux', ...options })
    expect(operations.filter(({ expected }) => !expected)).toEqual([])
    expect(outcome).toBe('passed')
    const said = (name: string) => operations.find(({ text }) => text.endsWith(`load ${name}.ko`))?.console.join(' ')
    expect(said('unsigned')).toContain('Loading of unsigned module is rejected')
    expect(said('strange')).toContain('Loading of module with unavailable key is rejected')
  } finally {
    workshop.close()
    rmSync(work, { recursive: true, force: true })
  }
})
