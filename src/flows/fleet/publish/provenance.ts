/** Where a payload comes from: an in-toto statement with SLSA's provenance, and its inputs as CycloneDX. */
import type { Published, PublishedPayload } from './model.ts'
import { withoutFolders } from './without-folders.ts'

export const STATEMENT_TYPE = 'application/vnd.in-toto+json'

/** in-toto Statement v1 with https://slsa.dev/provenance/v1. */
export function statementOf(
  { name, sha256, stored, base, fix, cell, report, beside }: PublishedPayload,
  published: Published,
) {
  const byproducts = [
    { name: 'payload without its signature', digest: { sha256: stored.sha256 } },
    ...beside.map(({ name: file, sha256: digest, outcome }) => ({
      name: file,
      digest: { sha256: digest },
      ...(outcome === undefined ? {} : { annotations: { outcome } }),
    })),
  ]
  return {
    _type: 'https://in-toto.io/Statement/v1',
    subject: [{ name, digest: { sha256 } }],
    predicateType: 'https://slsa.dev/provenance/v1',
    predicate: {
      buildDefinition: {
        buildType: 'urn:hotsplice:payload:1',
        externalParameters: {
          fix: fix.name,
          ids: fix.ids,
          base: { name: base.base.name, buildId: base.buildId, depends: stored.depends },
          patches: report.patches.map(patch => withoutFolders(patch.name, '')),
          lines: report.lines.way,
        },
        internalParameters: {
          compiler: compilerOf(report),
          commands: report.units.map(({ unit, command }) => ({
            unit: withoutFolders(unit, report.lines.root),
            command: command.map(word => withoutFolders(word, report.lines.root)),
          })),
        },
        resolvedDependencies: [
          ...digestsOf(cell.inputs).map(([what, digest]) => ({ name: what, digest: { sha256: digest } })),
          ...sourcesOf(report).map(({ path, sha256: digest }) => ({ name: path, digest: { sha256: digest } })),
        ],
      },
      runDetails: {
        builder: { id: published.publisher.namespace, version: { hotsplice: report.version } },
        byproducts,
      },
    },
  }
}

const digestsOf = (inputs: PublishedPayload['cell']['inputs']) =>
  Object.entries(inputs).filter(([, digest]) => /^[0-9a-f]{64}$/.test(digest))

/** The touched files as the running code was compiled from them, and as the payload is. */
function sourcesOf({ lines }: PublishedPayload['report']) {
  return lines.files.flatMap(({ original, patched }) => [
    ...(original === null ? [] : [{ path: `original/${original.path}`, sha256: original.sha256 }]),
    ...(patched === null ? [] : [{ path: `patched/${patched.path}`, sha256: patched.sha256 }]),
  ])
}

const compilerOf = ({ compiler, lines }: PublishedPayload['report']) =>
  compiler === null ? null : withoutFolders(compiler, lines.root)

/** CycloneDX 1.5. */
export function inputsOf({ name, sha256, cell, report }: PublishedPayload, { date, version }: Published) {
  const files = [
    ...digestsOf(cell.inputs).map(([path, digest]) => ({ path: `input/${path}`, sha256: digest })),
    ...sourcesOf(report),
  ]
  const unique = [...new Map(files.map(file => [file.path, file])).values()]
  const called = compilerOf(report)
  const compiler = called === null ? [] : [{ type: 'application', 'bom-ref': 'compiler', name: called }]
  const components = [...unique.map(file => componentOf(file.path, file.sha256)), ...compiler]
  return {
    bomFormat: 'CycloneDX',
    specVersion: '1.5',
    version: 1,
    metadata: {
      timestamp: date,
      tools: { components: [{ type: 'application', name: 'hotsplice', version }] },
      component: componentOf(name, sha256),
    },
    components,
    dependencies: [{ ref: name, dependsOn: components.map(component => component['bom-ref']) }],
  }
}

const componentOf = (name: string, sha256: string) => ({
  type: 'file',
  'bom-ref': name,
  name,
  hashes: [{ alg: 'SHA-256', content: sha256 }],
})
