/** What `inspect` and `dump` show of a live patch for Linux, against what readelf reads in the same module. */
import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { dumpElf, readElf } from '../../src/elf/index.ts'
import { inspect } from '../../src/flows/inspect.ts'
import { verify } from '../../src/library/verify.ts'
import { readKernelImage } from '../../src/loaders/linux/kernel-image.ts'
import { describeInspected } from '../../src/report/inspect-module.ts'
import { readKernel } from '../../src/trees/index.ts'
import { LINE, withoutKernel } from './kernel.ts'
import { Workshop } from './made.ts'

const without = withoutKernel('gcc', 'make', 'flex', 'bison', 'bc', 'readelf')

/** Several units have a `seq_show`. */
const EDIT = { file: 'fs/proc/fd.c', replace: 'seq_printf(m, "pos:', by: 'seq_printf(m, "Pos:' }

const BESIDES = `#include "hotsplice.h"
static int before(struct klp_object *object) { return 0; }
static void after(struct klp_object *object) { }
HOTSPLICE_PRE_PATCH(before)
HOTSPLICE_POST_UNPATCH(after)
HOTSPLICE_STATE(seven, 7, 3)
`

describe.skipIf(without !== '')(`a live patch for Linux, looked at${without}`, () => {
  const work = mkdtempSync(join(tmpdir(), 'hotsplice-linux-'))
  let module = new Uint8Array()
  let other = new Uint8Array()
  let buildId = ''
  let image = ''
  const readelf = (...args: string[]) => {
    const file = join(work, 'module.ko')
    writeFileSync(file, module)
    return execFileSync('readelf', [...args, file], { encoding: 'utf8' })
  }
  beforeAll(async () => {
    const workshop = new Workshop()
    module = Buffer.from((await workshop.build(EDIT)).payload ?? [])
    const sources = [{ name: 'besides.c', text: BESIDES }]
    other = Buffer.from((await workshop.build(EDIT, true, { replace: false, sources })).payload ?? [])
    buildId = Buffer.from(readKernelImage(readKernel(workshop.image)).facts.buildId).toString('hex')
    image = workshop.image
    workshop.close()
  }, 300_000)
  afterAll(() => rmSync(work, { recursive: true, force: true }))

  it('is dumped as readelf prints it', () => {
    expect(dumpElf(readElf(module))).toBe(readelf('-hSgrsnW'))
  })

  it('says what it replaces and needs', () => {
    const found = inspect(module, 'live-case.ko')
    const symbols = readelf('-sW')
    const named = (ndx: string) =>
      [...symbols.matchAll(new RegExp(`GLOBAL DEFAULT +${ndx} (\\S+)$`, 'gm'))].map(([, name = '']) => name)
    const size = /(\d+) FUNC +LOCAL +DEFAULT +\d+ seq_show$/m.exec(symbols)?.[1]
    if (!('functions' in found) || !('target' in found)) throw new Error('it is a live patch for Linux')
    expect(found).toMatchObject({ target: 'linux', name: 'live_case', madeFor: buildId, replaces: true, signed: false })
    expect(found.functions).toEqual([
      { object: 'vmlinux', name: 'seq_show', position: expect.any(Number), newSize: Number(size) },
    ])
    expect(found.functions?.[0]?.position).toBeGreaterThan(0)
    expect(found.exported.map(({ name }) => name)).toEqual(named('UND'))
    expect(found.exported.filter(({ checksum }) => checksum === null)).toEqual([])
    expect(found.lookedUp.map(each => `.klp.sym.${each.object}.${each.name},${each.position}`)).toEqual(
      named('OS \\[0xff20\\]'),
    )
    expect(readelf('-n')).toContain(`Build ID: ${found.buildId}`)
    const sections = [...readelf('-SW').matchAll(/^ +\[ *\d+\] (\S+) .* [0-9a-f]{6,} ([0-9a-f]{6,}) \d\d +W?A/gm)]
    expect(found.sections).toEqual(
      sections
        .map(([, name, bytes = '']) => ({ name, size: Number.parseInt(bytes, 16) }))
        .filter(each => each.size > 0),
    )
    const text = describeInspected(found, 'live-case.ko')
    expect(text).toMatch(/\nreplaces 1 function\n {2}seq_show \(number \d+ of that name\) {2}→ \d+ bytes\n/)
  })

  it('would be taken, as the library says too', async () => {
    const asked = { payload: module, symbols: image, target: 'linux' } as const
    expect(await verify(asked)).toMatchObject({ target: 'linux', version: LINE, accepted: true })
    await expect(verify({ ...asked, xenVersion: '4.17' })).rejects.toMatchObject({ code: 'linux/not-yet' })
    await expect(verify({ ...asked, symbols: module })).rejects.toMatchObject({ code: 'library/bad-option' })
  })

  it('says whether it takes the place of others, what is called besides, and which states it has changed', () => {
    const found = inspect(other, 'other.ko')
    expect(found).toMatchObject({ target: 'linux', replaces: false, states: [{ id: '7', version: 3 }] })
    expect(inspect(module, 'module.ko')).toMatchObject({ callbacks: [], states: [] })
    const called = [
      { object: 'vmlinux', callback: 'pre_patch', function: 'before' },
      { object: 'vmlinux', callback: 'post_unpatch', function: 'after' },
    ]
    expect(found).toMatchObject({ callbacks: called })
    const text = describeInspected(found, 'other.ko')
    expect(text).toContain('\n  pre_patch of vmlinux  → before\n  post_unpatch of vmlinux  → after\n')
    expect(text).toContain('\n  7 in version 3\n')
  })
})
