/** What is published, judged by validators and verifiers that nobody here wrote. */
import { createPublicKey } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import * as mandatoryTests from '@secvisogram/csaf-validator-lib/mandatoryTests.js'
import { csaf_2_0_strict } from '@secvisogram/csaf-validator-lib/schemaTests.js'
import validate from '@secvisogram/csaf-validator-lib/validate.js'
import { bundleFromJSON } from '@sigstore/bundle'
import { toSignedEntity, Verifier } from '@sigstore/verify'
import { Ajv } from 'ajv'
import addFormats from 'ajv-formats'
import * as v from 'valibot'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { hasOpenssl, PublishedFleet } from './support/published.ts'

const require = createRequire(import.meta.url)
const title = hasOpenssl ? '' : ' (openssl is missing)'
/** What a text of the fleet's may say: markup of several kinds, and what a terminal obeys. */
const MARKUP = `<script>alert(1)</script> & "it's" <b>]]> \u001b[31m\u202e **x** [y](javascript:z) %n $(id) \n# \u2028end`

let made: PublishedFleet
const json = (...names: string[]) => JSON.parse(readFileSync(made.at(...names), 'utf8'))
const files = (output: string, ending: string) => made.filesIn(output).filter(file => file.endsWith(ending))

beforeAll(async () => {
  if (!hasOpenssl) return
  made = await PublishedFleet.make()
  expect(await made.publish('out')).toMatchObject({ status: 0, stderr: '' })
  expect(await made.publish('out-p256', ['--statement-key', 'p256.key'])).toMatchObject({ status: 0 })
  // The same with texts that somebody may have written, and with fixes that go by several names.
  made.changeIndex(index => {
    for (const cell of index.cells) if (cell.payload === null) cell.text = MARKUP
    index.fixes[0].ids = ['CVE-2026-0001', 'CVE-2026-12345', 'XSA-999', MARKUP]
    index.fixes[1].ids = ['XSA-998']
    const words = index.cells.find(
      (cell: { base: string; fix: string }) => cell.base === 'early' && cell.fix === 'words',
    )
    words.outcome = 'not-affected'
  })
  expect(await made.publish('odd')).toMatchObject({ status: 0 })
})
afterAll(() => made?.remove())

describe.skipIf(!hasOpenssl)(`validators of others${title}`, () => {
  test('advisories pass the schema and all mandatory tests of CSAF 2.0, whatever their texts say', async () => {
    const tests = [csaf_2_0_strict, ...Object.values(mandatoryTests)]
    expect(tests.length).toBeGreaterThan(30)
    let count = 0
    for (const output of ['out', 'odd']) {
      for (const file of files(`${output}/advisories`, '.json')) {
        const advisory = json(output, 'advisories', file)
        const { isValid, tests: judged } = await validate(tests, advisory)
        expect([file, judged.filter(each => !each.isValid), isValid]).toEqual([file, [], true])
        count++
      }
    }
    expect(count).toBe(6)
    // The validator does find something, where there is something.
    const broken = json('out/advisories/code.json')
    broken.vulnerabilities[0].product_status.fixed = ['nobody']
    expect((await validate(tests, broken)).isValid).toBe(false)
    // What a terminal would obey is spelled out.
    const odd = readFileSync(made.at('odd/advisories/constant.json'), 'utf8')
    expect(odd).toContain('<script>alert(1)</script>')
    expect(/[^\n -~’]|\\u/.exec(odd)?.[0]).toBeUndefined()
  })

  test('lists of inputs are CycloneDX 1.5, by its JSON schema', () => {
    const schema = (name: string) =>
      JSON.parse(
        readFileSync(
          require
            .resolve('@cyclonedx/cyclonedx-library/package.json')
            .replace('package.json', `res/schema/${name}.SNAPSHOT.schema.json`),
          'utf8',
        ),
      )
    const ajv = new Ajv({ strict: false })
    addFormats.default(ajv)
    for (const name of ['spdx', 'jsf-0.82']) {
      // The package has them under names that they do not have in themselves.
      const { $id, ...rest } = schema(name)
      ajv.addSchema({ ...rest, $id: `http://cyclonedx.org/schema/${name}.SNAPSHOT.schema.json` })
    }
    ajv.addFormat('iri-reference', true)
    ajv.addFormat('idn-email', true)
    const judge = ajv.compile(schema('bom-1.5'))
    const lists = files('out', '.cdx.json')
    expect(lists.length).toBeGreaterThan(0)
    for (const list of lists) {
      judge(json('out', list))
      expect(judge.errors).toBeNull()
    }
    const broken = json('out', lists[0] ?? '')
    broken.components[0].hashes[0].alg = 'SHA-0'
    expect(judge(broken)).toBe(false)
  })

  test.for([
    ['Ed25519', 'out', 'edwards.pub'],
    ['P-256', 'out-p256', 'p256.pub'],
  ] as const)('sigstore’s verifier takes envelopes signed with %s, and none with a changed byte', ([, output, key]) => {
    const publicKey = createPublicKey(readFileSync(made.at(key), 'utf8'))
    const known = { publicKey, validFor: () => true }
    const nobody = { certificateAuthorities: [], timestampAuthorities: [], tlogs: [], ctlogs: [] }
    const verifier = new Verifier(
      { ...nobody, publicKey: () => known },
      { tlogThreshold: 0, ctlogThreshold: 0, timestampThreshold: 0 },
    )
    const envelopes = [...files(output, 'provenance.json'), 'manifest.json']
    expect(envelopes.length).toBeGreaterThan(1)
    for (const file of envelopes) {
      const dsseEnvelope = json(output, file)
      const bundle = (payload: Buffer) =>
        bundleFromJSON({
          mediaType: 'application/vnd.dev.sigstore.bundle.v0.3+json',
          verificationMaterial: { publicKey: { hint: dsseEnvelope.signatures[0].keyid } },
          dsseEnvelope: { ...dsseEnvelope, payload: payload.toString('base64') },
        })
      const payload = Buffer.from(dsseEnvelope.payload, 'base64')
      const judge = (bytes: Buffer) => () => verifier.verify(toSignedEntity(bundle(bytes)))
      expect(judge(payload)).not.toThrow()
      for (const place of [0, payload.length >> 1, payload.length - 1]) {
        const broken = Buffer.from(payload)
        broken.writeUInt8(broken.readUInt8(place) ^ 1, place)
        expect(judge(broken)).toThrow()
      }
    }
  })

  test('statements have the fields of in-toto and SLSA 1.0, and no others', () => {
    const statements = files('out', 'provenance.json')
    for (const file of statements) {
      const statement = JSON.parse(Buffer.from(json('out', file).payload, 'base64').toString())
      expect(v.safeParse(STATEMENT, statement).issues).toBeUndefined()
    }
  })
})

/**
 * As the protocol definitions of in-toto/attestation (statement, resource descriptor) and of slsa.dev/spec/v1.0/provenance have it;
 * neither publishes a JSON schema.
 */
const uri = v.pipe(v.string(), v.regex(/^[a-z][a-z0-9+.-]*:/i))
const digest = v.record(v.string(), v.pipe(v.string(), v.regex(/^[0-9a-f]{64}$/)))
const descriptor = v.strictObject({
  name: v.optional(v.string()),
  uri: v.optional(uri),
  digest,
  content: v.optional(v.string()),
  downloadLocation: v.optional(uri),
  mediaType: v.optional(v.string()),
  annotations: v.optional(v.record(v.string(), v.unknown())),
})
const STATEMENT = v.strictObject({
  _type: v.literal('https://in-toto.io/Statement/v1'),
  subject: v.pipe(v.array(descriptor), v.minLength(1)),
  predicateType: v.literal('https://slsa.dev/provenance/v1'),
  predicate: v.strictObject({
    buildDefinition: v.strictObject({
      buildType: uri,
      externalParameters: v.record(v.string(), v.unknown()),
      internalParameters: v.optional(v.record(v.string(), v.unknown())),
      resolvedDependencies: v.optional(v.array(descriptor)),
    }),
    runDetails: v.strictObject({
      builder: v.strictObject({
        id: uri,
        version: v.optional(v.record(v.string(), v.string())),
        builderDependencies: v.optional(v.array(descriptor)),
      }),
      metadata: v.optional(v.unknown()),
      byproducts: v.optional(v.array(descriptor)),
    }),
  }),
})
