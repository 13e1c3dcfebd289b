import { toJsonSchema } from '@valibot/to-json-schema'
import { SCHEMAS } from '../src/cli/schemas.ts'

/** The published JSON schemas: file name without ending, and text. */
export function schemaTexts(): readonly (readonly [name: string, text: string])[] {
  return Object.entries(SCHEMAS).map(([name, schema]) => {
    const body = toJsonSchema(schema, { target: 'draft-2020-12' })
    const titled = { $schema: body.$schema, title: TITLES[name] ?? name, ...body }
    return [name, `${JSON.stringify(titled, null, 2)}\n`]
  })
}

const TITLES: Readonly<Record<string, string>> = {
  report: 'hotsplice build --json and hotsplice diff --json, version 1',
  inspect: 'hotsplice inspect --json, version 1',
  lines: 'hotsplice lines --json, version 1',
  rehearse: 'hotsplice rehearse --json, version 1',
  assist: 'hotsplice assist --json, version 1',
  agent: 'hotsplice agent --json, version 1',
  doctor: 'hotsplice doctor --json, version 1',
  neutralize: 'hotsplice neutralize --json, version 1',
  operation: 'hotsplice upload, get, list, apply, revert, replace, unload and load --json, version 1',
  advise: 'hotsplice advise --json, version 1',
  translate: 'hotsplice translate --json, version 1',
  verify: 'hotsplice verify --json, version 1',
  fleet: 'hotsplice fleet build --json and the index.json of its folder, version 1',
  'fleet-plan': 'hotsplice fleet plan --json, version 1',
  'fleet-apply': 'hotsplice fleet apply --json, version 1',
  publish: 'hotsplice publish --json and the updates.json of its folder, version 1',
  'fleet-file': 'The file that hotsplice fleet build reads, as YAML or JSON',
}
