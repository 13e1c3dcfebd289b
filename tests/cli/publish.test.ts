/** A fleet as it is published: signatures and statements are checked by openssl alone, packages by the tools that install them. */
import { execFileSync, spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { cpSync, existsSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { homedir, hostname, tmpdir } from 'node:os'
import * as v from 'valibot'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { InputError } from '../../src/base/errors.ts'
import { checkPublished } from '../../src/flows/fleet/publish/manifest.ts'
import { splitTrailer } from '../../src/loaders/trailer.ts'
import { updates } from '../../src/report/updates.ts'
import { command, hotsplice } from '../xen/command.ts'
import { hasOpenssl, PublishedFleet, RELEASE_ID } from './support/published.ts'

const title = hasOpenssl ? '' : ' (openssl is missing)'

let made: PublishedFleet
let folder = ''
const at = (...names: string[]) => made.at(...names)
const openssl = (...args: string[]) => made.openssl(...args)
const filesIn = (name: string) => made.filesIn(name)
const publish = (...words: Parameters<PublishedFleet['publish']>) => made.publish(...words)
const read = (file: string) => readFileSync(file, 'utf8')
const json = (file: string) => JSON.parse(read(file))

beforeAll(async () => {
  if (!hasOpenssl) return
  made = await PublishedFleet.make()
  folder = made.folder
  expect(await publish('out')).toMatchObject({ status: 0, stderr: '' })
})
afterAll(() => made?.remove())

const told = () => v.parse(updates, json(at('out/updates.json')))
const published = () => {
  const payload = told().bases.find(({ name }) => name === 'late')?.payloads[0]
  if (payload === undefined) throw new Error('nothing was published for late')
  return payload
}
const beside = (name: string) => at('out', published().file.replace(/[^/]*$/, name))
const cellOf = (fix: string) =>
  json(at('built/index.json')).cells.find(
    (one: { base: string; fix: string }) => one.base === 'late' && one.fix === fix,
  )
const sha256 = (file: string) => createHash('sha256').update(readFileSync(file)).digest('hex')

describe.skipIf(!hasOpenssl)(`a fleet that is published${title}`, () => {
  test('a payload is the one of the fleet with its signature, and openssl takes it', () => {
    const file = at('out', published().file)
    expect(sha256(file)).toBe(published().sha256)
    const { payload, trailer } = splitTrailer(new Uint8Array(readFileSync(file))) ?? expect.unreachable()
    const cell = json(at('built/index.json')).cells.find(
      (one: { base: string; fix: string }) => one.base === 'late' && one.fix === 'code',
    )
    expect(createHash('sha256').update(payload).digest('hex')).toBe(cell.payload.sha256)
    writeFileSync(at('message'), trailer.signature)
    writeFileSync(at('content'), payload)
    const how = ['-inform', 'DER', '-in', 'message', '-content', 'content', '-purpose', 'any', '-CAfile', 'ours.crt']
    expect(Buffer.compare(openssl('cms', '-verify', '-binary', ...how), payload)).toBe(0)
  })

  test('openssl alone checks where it comes from; a changed byte is refused', async () => {
    expect((await publish('out-p256', ['--statement-key', 'p256.key'])).status).toBe(0)
    const kinds = [
      ['out', 'edwards.pub'],
      ['out-p256', 'p256.pub'],
    ] as const
    for (const [output, key] of kinds) {
      const envelope = json(beside('provenance.json').replace('/out/', `/${output}/`))
      const payload = Buffer.from(envelope.payload, 'base64')
      writeFileSync(at('sig'), Buffer.from(envelope.signatures[0].sig, 'base64'))
      const check = (content: Buffer) => {
        // The encoding as secure-systems-lab/dsse writes it down, by hand.
        const type = 'application/vnd.in-toto+json'
        writeFileSync(at('pae'), Buffer.concat([Buffer.from(`DSSEv1 28 ${type} ${content.length} `), content]))
        const how = key.startsWith('p256')
          ? ['dgst', '-sha256', '-verify', key, '-signature', 'sig', 'pae']
          : ['pkeyutl', '-verify', '-pubin', '-inkey', key, '-rawin', '-in', 'pae', '-sigfile', 'sig']
        return spawnSync('openssl', how, { cwd: folder }).status
      }
      expect(check(payload)).toBe(0)
      for (const place of [0, payload.length >> 1, payload.length - 1]) {
        const broken = Buffer.from(payload)
        broken.writeUInt8(broken.readUInt8(place) ^ 1, place)
        expect(check(broken)).not.toBe(0)
      }
      const statement = JSON.parse(payload.toString())
      expect(statement).toMatchObject({
        _type: 'https://in-toto.io/Statement/v1',
        predicateType: 'https://slsa.dev/provenance/v1',
      })
      expect(statement.subject).toEqual([{ name: 'code.livepatch', digest: { sha256: published().sha256 } }])
      // How it was made, and not where.
      expect(payload.toString()).not.toContain(folder)
      expect(statement.predicate.buildDefinition.internalParameters.commands[0].command).toContain(
        '-Ielsewhere/include',
      )
      const { resolvedDependencies } = statement.predicate.buildDefinition
      const patched = resolvedDependencies.find(({ name }: { name: string }) => name === 'original/quota.c')
      expect(patched.digest.sha256).toBe(sha256(at('late/quota.c')))
    }
  })

  test('the advisory says which base is fixed without a reboot, and which is not', () => {
    const { document, product_tree, vulnerabilities } = json(at('out/advisories/code.json'))
    expect(document).toMatchObject({
      category: 'csaf_security_advisory',
      csaf_version: '2.0',
      tracking: { id: 'code' },
    })
    const [late] = product_tree.full_product_names.filter(({ name }: { name: string }) => name.includes(RELEASE_ID))
    const [one, ...others] = vulnerabilities
    expect(others).toEqual([])
    expect(one.cve).toBe('CVE-2026-0001')
    const remedy = one.remediations.find(({ product_ids }: { product_ids: string[] }) =>
      product_ids.includes(late.product_id),
    )
    expect(remedy).toMatchObject({ category: 'vendor_fix', restart_required: { category: 'none' } })
    const [relation] = product_tree.relationships
    expect(one.product_status.fixed).toEqual([relation.full_product_name.product_id])
    expect(relation.relates_to_product_reference).toBe(late.product_id)
    // What was refused, as expected, is affected, and has no remedy without a reboot.
    const [refused] = json(at('out/advisories/constant.json')).vulnerabilities
    expect(refused.product_status.fixed ?? []).toEqual([])
    expect(refused.remediations.every(({ category }: { category: string }) => category === 'none_available')).toBe(true)
  })

  test('nothing that is published says where on the building machine anything lies', () => {
    const statement = Buffer.from(json(beside('provenance.json')).payload, 'base64').toString()
    // Not even as a page or an envelope spells it.
    const spellings = (text: string) => [text, text.replaceAll('/', '\\/'), encodeURIComponent(text)]
    const names = [folder, tmpdir(), homedir(), hostname()].flatMap(spellings)
    const told = (text: string) => names.filter(name => text.includes(name))
    expect(told(statement)).toEqual([])
    const leaks = filesIn('out').flatMap(file =>
      told(readFileSync(at('out', file), 'latin1')).map(name => [file, name]),
    )
    expect(leaks).toEqual([])
    expect(told(readFileSync(at('built', cellOf('code').report.file), 'latin1'))).not.toEqual([])
    expect(told(readFileSync(at('built', cellOf('code').debugFile.file), 'latin1'))).not.toEqual([])
    const { internalParameters } = JSON.parse(statement).predicate.buildDefinition
    expect(internalParameters.commands[0].command).toContain('-c')
  })

  test('the report is one that every command takes, with paths that are relative to the tree', async () => {
    const told = json(beside('report.json'))
    expect(told.lines.root).toBe('.')
    expect(told.units[0].command).toContain('-Ielsewhere/include')
    expect(told.units[0].unit).toBe(told.functions[0].unit)
    expect(readFileSync(beside('page.html'), 'utf8')).toContain('elsewhere/late.o')
    expect(await hotsplice(['explain', beside('report.json'), 'give_back'])).toMatchObject({ status: 0, stderr: '' })
    const log = spawnSync(process.execPath, [command, 'translate', beside('report.json')], { input: 'quota.c:9: x\n' })
    expect(String(log.stdout)).toMatch(/^quota\.c:9/)
  })

  test('the debug file has the payload’s build-id, and names its functions', ({ skip }) => {
    if (spawnSync('readelf', ['--version']).status !== 0) skip('readelf is missing')
    const readelf = (...args: string[]) => execFileSync('readelf', args, { encoding: 'utf8' })
    const file = beside('code.livepatch.debug')
    expect(readelf('-n', file)).toContain(published().buildId)
    expect(readelf('--debug-dump=info', file)).toMatch(/DW_AT_name .*: give_back$/m)
    expect(readelf('--debug-dump=decodedline', file)).toMatch(/^quota\.c +9 +0/m)
    expect(json(beside('provenance.json')).payload).toBeTypeOf('string')
    const statement = JSON.parse(Buffer.from(json(beside('provenance.json')).payload, 'base64').toString())
    for (const name of ['report.json', 'page.html', 'code.livepatch.debug']) {
      const stated = statement.predicate.runDetails.byproducts.find((each: { name: string }) => each.name === name)
      expect(stated.digest.sha256).toBe(sha256(beside(name)))
    }
  })

  test('a changed byte anywhere is refused, and a file more or less', async () => {
    const files = new Map(filesIn('out').map(file => [file, new Uint8Array(readFileSync(at('out', file)))]))
    const key = read(at('edwards.pub'))
    const refusal = (changed: typeof files): unknown => {
      try {
        return checkPublished(changed, key)
      } catch (error) {
        return error instanceof InputError ? error.code : error
      }
    }
    expect(refusal(files)).toBeUndefined()
    for (const [name, bytes] of files) {
      // Of the manifest itself every seventh byte, for only a part of it is signed.
      const step = name === 'manifest.json' ? 7 : Math.ceil(bytes.length / 10)
      for (let place = 0; place < bytes.length; place += step) {
        for (const bit of [1, 0x20]) {
          const broken = bytes.slice()
          broken[place] = (broken[place] ?? 0) ^ bit
          expect([name, place, refusal(new Map([...files, [name, broken]]))]).toEqual([name, place, 'publish/changed'])
        }
      }
      const cut = new Map([...files, [name, bytes.subarray(0, -1)]])
      expect([name, refusal(cut)]).toEqual([name, 'publish/changed'])
      const without = new Map([...files].filter(([other]) => other !== name))
      expect([name, refusal(without)]).toEqual([
        name,
        name === 'manifest.json' ? 'publish/no-index' : 'publish/changed',
      ])
    }
    expect(refusal(new Map([...files, ['payloads/more', new Uint8Array(1)]]))).toBe('publish/changed')

    const check = (name: string, ...more: string[]) =>
      hotsplice(['check-published', at(name), '--statement-key', at('edwards.pub'), ...more], { cwd: folder })
    expect(await check('out', '--key', 'ours.crt')).toMatchObject({
      status: 0,
      stdout: expect.stringContaining('signed by ours'),
    })
    expect(await check('out', '--key', 'other.crt')).toMatchObject({
      status: 1,
      stderr: expect.stringContaining('publish/not-signed'),
    })
    cpSync(at('out'), at('linked'), { recursive: true })
    symlinkSync('updates.json', at('linked/link'))
    expect(await check('linked')).toMatchObject({ status: 1, stderr: expect.stringContaining('symbolic link') })
    const stranger = await hotsplice(['check-published', 'out', '--statement-key', 'p256.pub'], { cwd: folder })
    expect(stranger).toMatchObject({ status: 1, stderr: expect.stringContaining('another key') })
    expect(await check('built')).toMatchObject({ status: 1, stderr: expect.stringContaining('publish/no-index') })
  })

  test('the list of inputs names each by digest', () => {
    const { bomFormat, specVersion, metadata, components } = json(beside('inputs.cdx.json'))
    expect([bomFormat, specVersion]).toEqual(['CycloneDX', '1.5'])
    expect(metadata.component.hashes).toEqual([{ alg: 'SHA-256', content: published().sha256 }])
    expect(readFileSync(beside('inputs.cdx.json'), 'utf8')).not.toContain(folder)
    const names = components.map((each: { 'bom-ref': string }) => each['bom-ref'])
    expect(new Set(names).size).toBe(names.length)
    expect(names).toContain('patched/quota.c')
  })

  test('the same again is the same, byte for byte', async () => {
    expect((await publish('again')).status).toBe(0)
    const files = (name: string) => filesIn(name).map(file => [file, sha256(at(name, file))])
    expect(files('again')).toEqual(files('out'))
    expect(files('out').length).toBeGreaterThan(7)
  })

  test.for([
    ['a folder that is there', 'out', [], 'publish/exists'],
    ['an RSA key for statements', 'never', ['--statement-key', 'ours.key'], 'publish/bad-key'],
    ['JSON over a key', 'never', ['--json', 'edwards.key'], 'cli/same-file'],
    ['JSON among what is read', 'never', ['--json', 'built/index.json'], 'cli/same-file'],
    ['a date that is none', 'never', ['--date', 'soon'], 'cli/usage'],
  ] as const)('%s is told', async ([, output, more, code]) => {
    const before = ['edwards.key', 'built/index.json'].map(file => sha256(at(file)))
    const { status, stderr } = await publish(output, ['--statement-key', 'edwards.key', ...more])
    expect(['edwards.key', 'built/index.json'].map(file => sha256(at(file)))).toEqual(before)
    expect([status, stderr]).toEqual([1, expect.stringContaining(code)])
    expect(existsSync(at('never'))).toBe(false)
  })

  test('one payload alone is published as it is in a fleet', async () => {
    const { payload, report } = json(at('built/index.json')).cells.find(
      (one: { base: string; fix: string }) => one.base === 'late' && one.fix === 'code',
    )
    // The report of a build of a program that has a build-id.
    const told = json(at('built', report.file))
    told.base = { buildId: RELEASE_ID, depends: RELEASE_ID }
    writeFileSync(at('alone.json'), JSON.stringify(told))
    cpSync(at('built', payload.file), at('code.livepatch'))
    const one = [
      '--statement-key',
      'edwards.key',
      '--payload',
      'code.livepatch',
      '--base',
      'late',
      '--id',
      'CVE-2026-0001',
    ]
    expect(await publish('alone', one, 'alone.json')).toMatchObject({ status: 0, stderr: '' })
    const [base, ...others] = v.parse(updates, json(at('alone/updates.json'))).bases
    expect([base?.buildId, base?.lacking, others]).toEqual([RELEASE_ID, [], []])
    const [entry] = base?.payloads ?? []
    expect(entry).toMatchObject({
      fix: 'code',
      ids: ['CVE-2026-0001'],
      sha256: published().sha256,
      depends: RELEASE_ID,
    })
    expect(sha256(at('alone', entry?.file ?? ''))).toBe(published().sha256)

    told.base = { buildId: RELEASE_ID, depends: '33'.repeat(20) }
    writeFileSync(at('upon.json'), JSON.stringify(told))
    writeFileSync(at('other.livepatch'), 'something else')
    const wrong = [
      ['upon.json', one, 'publish/not-alone'],
      ['alone.json', one.with(3, 'other.livepatch'), 'publish/not-alone'],
      ['alone.json', one.with(5, '../late'), 'cli/usage'],
      ['built', [...one.slice(0, 2), '--id', 'CVE-2026-0001'], 'cli/usage'],
    ] as const
    for (const [built, more, code] of wrong) {
      const { status, stderr } = await publish('never', more, built)
      expect([status, stderr]).toEqual([1, expect.stringContaining(code)])
    }
    expect(existsSync(at('never'))).toBe(false)
  })

  test('a payload that is not what the index says is not published', async () => {
    cpSync(at('built'), at('damaged'), { recursive: true })
    const index = json(at('damaged/index.json'))
    const { payload } = index.cells.find((cell: { payload: unknown }) => cell.payload !== null)
    const bytes = readFileSync(at('damaged', payload.file))
    bytes.writeUInt8(bytes.readUInt8(70) ^ 1, 70)
    writeFileSync(at('damaged', payload.file), bytes)
    const { status, stderr } = await publish('never', ['--statement-key', 'edwards.key'], 'damaged')
    expect([status, stderr]).toEqual([1, expect.stringContaining('publish/missing')])
    expect(existsSync(at('never'))).toBe(false)
  })
})

const hasDpkg = spawnSync('dpkg-deb', ['--version']).status === 0

describe.skipIf(!hasOpenssl || !hasDpkg)(`as a package${hasDpkg ? title : ' (dpkg-deb is missing)'}`, () => {
  const pack = (output: string, published = 'out', umask = '022') => {
    const facts = ['--name', 'fixes', '--package-version', '1', '--maintainer', 'Us <us@us.example>']
    const words = [process.execPath, command, 'package', published, '-o', output, ...facts]
    return spawnSync('sh', ['-c', 'umask "$0" && exec "$@"', umask, ...words], { cwd: folder, encoding: 'utf8' })
  }

  test('two are equal, and what dpkg takes out is what was published', () => {
    expect(pack('one.deb')).toMatchObject({ status: 0, stderr: '' })
    cpSync(at('out'), at('copy'), { recursive: true })
    expect(pack('two.deb', 'copy', '077')).toMatchObject({ status: 0, stderr: '' })
    expect(sha256(at('two.deb'))).toBe(sha256(at('one.deb')))
    execFileSync('dpkg', ['-x', 'one.deb', 'root'], { cwd: folder })
    expect(sha256(at('root/usr/lib/hotsplice/fixes', published().file))).toBe(published().sha256)
    const listed = execFileSync('dpkg-deb', ['-c', 'one.deb'], { cwd: folder, encoding: 'utf8' })
    expect(listed).toMatch(/^-rw-r--r-- root\/root .* \.\/usr\/lib\/hotsplice\/fixes\/updates\.json$/m)
  })

  test('a package is not put among what it is made of', () => {
    const { status, stderr } = pack('out/one.deb')
    expect([status, stderr]).toEqual([1, expect.stringContaining('cli/same-file')])
    expect(existsSync(at('out/one.deb'))).toBe(false)
  })

  test('a payload that was changed is not packed', () => {
    const file = at('copy', published().file)
    writeFileSync(file, Buffer.concat([readFileSync(file), Buffer.from('x')]))
    const { status, stderr } = pack('three.deb', 'copy')
    expect([status, stderr]).toEqual([1, expect.stringContaining('publish/changed')])
    expect(existsSync(at('three.deb'))).toBe(false)
  })
})
