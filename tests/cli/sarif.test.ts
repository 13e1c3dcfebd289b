/** `hotsplice build --sarif`: a log that code-review systems read, whatever becomes of the run. */
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import * as v from 'valibot'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { buildProgram, type Edit, FILES, type Program, patchOf } from '../shapes/support.ts'
import { hasGcc, withoutGcc } from '../support/gcc.ts'
import { hotsplice } from '../xen/command.ts'

const message = v.strictObject({ text: v.pipe(v.string(), v.minLength(1)) })
const level = v.picklist(['none', 'note', 'warning', 'error'])
const line = v.pipe(v.number(), v.integer(), v.minValue(1))

/** What SARIF 2.1.0 requires of the parts that are written, and nothing beside them: names not in the standard fail. */
const LOG = v.strictObject({
  $schema: v.pipe(v.string(), v.url()),
  version: v.literal('2.1.0'),
  runs: v.tuple([
    v.strictObject({
      tool: v.strictObject({
        driver: v.strictObject({
          name: v.literal('hotsplice'),
          version: v.string(),
          rules: v.array(
            v.strictObject({
              id: v.string(),
              shortDescription: message,
              fullDescription: message,
              help: v.strictObject({ text: v.pipe(v.string(), v.minLength(1)), markdown: v.string() }),
              defaultConfiguration: v.strictObject({ level }),
            }),
          ),
        }),
      }),
      originalUriBaseIds: v.record(v.string(), v.strictObject({ description: message })),
      invocations: v.tuple([
        v.strictObject({
          executionSuccessful: v.boolean(),
          exitCode: v.pipe(v.number(), v.integer()),
          exitCodeDescription: v.string(),
          toolExecutionNotifications: v.array(
            v.strictObject({ level, message, descriptor: v.strictObject({ id: v.string() }) }),
          ),
        }),
      ]),
      results: v.array(
        v.strictObject({
          ruleId: v.string(),
          ruleIndex: v.pipe(v.number(), v.integer(), v.minValue(0)),
          level,
          message,
          locations: v.array(
            v.strictObject({
              physicalLocation: v.optional(
                v.strictObject({
                  artifactLocation: v.strictObject({
                    uri: v.pipe(v.string(), v.regex(/^[^/\\ ][^\\ ]*$/)),
                    uriBaseId: v.string(),
                  }),
                  region: v.optional(v.strictObject({ startLine: line })),
                }),
              ),
              logicalLocations: v.optional(
                v.array(v.strictObject({ name: v.string(), fullyQualifiedName: v.string() })),
              ),
            }),
          ),
        }),
      ),
      columnKind: v.literal('utf16CodeUnits'),
    }),
  ]),
})

describe.skipIf(!hasGcc)(`--sarif${withoutGcc}`, () => {
  let program: Program
  beforeAll(() => {
    program = buildProgram()
  })
  afterAll(() => program.close())

  const CODE: Edit = ['one.c', 'item->weight > 100', 'item->weight > 200']

  async function build(patch: string, ...more: readonly string[]) {
    const { folder } = program
    const [output, sarif, file] = ['out.livepatch', 'log.sarif', 'change.patch'].map(name => join(folder, name))
    if (output === undefined || sarif === undefined || file === undefined) throw new Error('three names')
    rmSync(sarif, { force: true })
    writeFileSync(file, patch)
    const args = ['build', '--tree', folder, '--patch', file, '--target', 'process', '-o', output, '--sarif', sarif]
    const { status, stderr } = await hotsplice([...args, '--lines', 'ignore', ...more])
    expect(existsSync(sarif), stderr).toBe(true)
    const log = v.parse(LOG, JSON.parse(readFileSync(sarif, 'utf8')))
    const [run] = log.runs
    for (const { ruleId, ruleIndex } of run.results) expect(run.tool.driver.rules[ruleIndex]?.id).toBe(ruleId)
    expect(run.invocations[0].exitCode, stderr).toBe(status)
    return { status, run }
  }

  test('a payload that was built has no results', async () => {
    const { status, run } = await build(patchOf([CODE]))
    expect([status, run.results, run.invocations[0].executionSuccessful]).toEqual([0, [], true])
  })

  test('refusals are results on the lines that cause them, with the pages of their rules', async () => {
    const edits: readonly Edit[] = [
      CODE,
      ['two.c', 'int limit = 100;', 'int limit = 300;'],
      ['types.h', '  int weight;\n', '  int weight;\n  int price;\n'],
    ]
    const { status, run } = await build(patchOf(edits))
    expect(status).toBe(2)
    const found = new Map(run.results.map(({ ruleId, locations }) => [ruleId, locations[0]?.physicalLocation] as const))
    const lineOf = (file: keyof typeof FILES, text: string) =>
      FILES[file].split('\n').findIndex(each => each.includes(text)) + 1
    expect(found.get('changed-data')).toEqual({
      artifactLocation: { uri: 'two.c', uriBaseId: 'SRCROOT' },
      region: { startLine: lineOf('two.c', 'int limit') },
    })
    expect(found.get('shape-changed')).toEqual({
      artifactLocation: { uri: 'types.h', uriBaseId: 'SRCROOT' },
      region: { startLine: lineOf('types.h', 'int weight;') + 1 },
    })
    for (const { id, help } of run.tool.driver.rules) expect(help.markdown).toContain(`# ${id}`)
  })

  test('a patch that does not apply is a notification of the run', async () => {
    const { status, run } = await build(patchOf([CODE]).replace(/^ .*$/m, ' nowhere to be found'))
    expect([status, run.results, run.invocations[0].executionSuccessful]).toEqual([1, [], false])
    expect(run.invocations[0].toolExecutionNotifications[0]?.descriptor.id).toMatch(/^source\//)
  })

  test('a command line that makes no sense, too', async () => {
    const { run } = await build(patchOf([CODE]), '--no-such-option')
    expect(run.invocations[0].toolExecutionNotifications[0]?.descriptor.id).toBe('cli/usage')
  })
})
