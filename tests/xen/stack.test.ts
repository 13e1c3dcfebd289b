/** Several payloads at once, hooks that say no, and builds that are held to a list. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { describeRehearsal, rehearse } from '../../src/hosts/rehearsal/index.ts'
import { type Built, buildPayload, hotsplice } from './command.ts'
import { type Edit, patchText } from './edits.ts'
import { missingFor, toBootXen, toBuildXen, xenTree } from './tree.ts'

const missing = missingFor(...toBuildXen, ...toBootXen)

const versionEdit = (text: string): Edit => ({
  file: 'xen/common/version.c',
  find: 'return XEN_EXTRAVERSION;',
  put: `return XEN_EXTRAVERSION "${text}";`,
})
const assistEdit: Edit = {
  file: 'xen/common/domain.c',
  after: 'long do_vm_assist(',
  find: 'return -ENOSYS;',
  put: 'return -EOPNOTSUPP;',
}
const veto: Edit = {
  file: 'xen/common/version.c',
  append: `
#include <xen/livepatch_payload.h>
static int refuse(livepatch_payload_t *payload)
{
    return -EPERM;
}
LIVEPATCH_PREAPPLY_HOOK(refuse);
`,
}

describe.skipIf(missing !== '')(`several payloads ${missing}`, () => {
  let folder = ''
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'hotsplice-stack-'))
  })
  afterAll(() => rmSync(folder, { recursive: true }))

  const patch = (name: string, ...edits: Edit[]): string => {
    const file = join(folder, `${name}.patch`)
    writeFileSync(file, patchText(xenTree('source'), edits), 'latin1')
    return file
  }
  const build = async (name: string, edits: Edit[], more: string[] = []): Promise<Built> => {
    const built = await buildPayload({ tree: xenTree('release'), patch: patch(name, ...edits), folder, name, more })
    expect(built.status, built.stderr).toBe(0)
    return built
  }
  const boot = async (script: string, payloads: Record<string, Built>): Promise<void> => {
    const result = await rehearse({
      hypervisor: join(xenTree('release'), 'xen/xen'),
      timeoutMs: 120_000,
      script,
      payloads: Object.entries(payloads).flatMap(([name, { payload }]) => (payload ? [{ name, bytes: payload }] : [])),
    })
    expect(result.outcome, describeRehearsal(result)).toBe('passed')
  }
  const below = ({ report }: Built) => ['--depends', report.payload?.buildId ?? '']

  test('one upon the other: applied and reverted in their order only', async () => {
    const one = await build('one', [versionEdit('-one')])
    const two = await build('two', [assistEdit], below(one))
    await boot(
      `
      upload one one
      upload two two
      ! EINVAL apply two
      apply one
      ! ENOSYS hypercall vm_assist 7 3
      apply two
      ! EOPNOTSUPP hypercall vm_assist 7 3
      ! EBUSY revert one
      revert two
      ! ENOSYS hypercall vm_assist 7 3
      version
      expect-output extra-version .5-one
      revert one
      version
      expect-output extra-version .5
      `,
      { one, two },
    )
  })

  test('two patches as one payload, upon the payload of the first', async () => {
    const one = await build('first', [versionEdit('-one')])
    const second = patch('second', { ...versionEdit(''), find: '"<denied>"', put: '"<no>"' })
    const both = await build('both', [versionEdit('-one')], ['--patch', second, ...below(one)])
    expect(both.report.functions.map(({ name }) => name).sort()).toEqual(['xen_deny', 'xen_extra_version'])
    await boot(
      'upload one one\nupload both both\napply one\napply both\nversion\nexpect-output extra-version .5-one\nrevert both\nrevert one',
      { one, both },
    )
  })

  test('a payload takes the place of all others', async () => {
    const old = await build('old', [versionEdit('-old')])
    const fresh = await build('fresh', [versionEdit('-fresh')])
    await boot(
      `
      upload old old
      upload fresh fresh
      apply old
      replace fresh
      version
      expect-output extra-version .5-fresh
      expect-state old checked
      expect-state fresh applied
      revert fresh
      version
      expect-output extra-version .5
      `,
      { old, fresh },
    )
  })

  test('a hook before apply says no: nothing changes', async () => {
    const vetoed = await build('vetoed', [versionEdit('-vetoed'), veto])
    await boot('upload p vetoed\n! EPERM apply p\nversion\nexpect-output extra-version .5\nexpect-state p checked', {
      vetoed,
    })
  })

  test('a build held to a list of functions', async () => {
    const tree = ['--tree', xenTree('release'), '--patch', patch('listed', versionEdit('-listed'))]
    const held = async (list: string) => {
      writeFileSync(join(folder, 'list'), list)
      const output = ['-o', join(folder, 'listed.livepatch'), '--json', join(folder, 'listed.json')]
      return await hotsplice(['build', ...tree, ...output, '--expect-functions', join(folder, 'list')])
    }
    expect(await held('common/version.o xen_extra_version\n')).toMatchObject({ status: 0 })
    const other = await held('common/version.o xen_deny\n')
    expect(other.status).toBe(2)
    expect(other.stdout).toContain('xen_deny')
    expect(other.stdout).toContain('xen_extra_version')
  })
})
