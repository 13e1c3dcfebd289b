/**
 * Modules with something wrong in them: verify says what the kernel that Debian ships answers to each. A few by default;
 * HOTSPLICE_WRONG_MODULES says how many.
 */
import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { constants, tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { signFile } from '../../src/flows/sign.ts'
import { readKernelImage } from '../../src/loaders/linux/kernel-image.ts'
import { readKernel } from '../../src/trees/index.ts'
import { verifyModule } from '../../src/verify/index.ts'
import type { VerifyReport } from '../../src/verify/model.ts'
import { missingFor } from '../support/missing.ts'
import { answers, boot } from './guest.ts'
import { kernelPart, LINE, withoutKernel } from './kernel.ts'
import { Workshop } from './made.ts'
import { withHalfAnEntry, withStrayEntry, wrongModules } from './wrong-modules.ts'

const without = withoutKernel('gcc', 'make', 'flex', 'bison', 'bc')
const withoutQemu = missingFor('qemu-system-x86_64')
const withoutSigning = missingFor('openssl')
const COUNT = Number(process.env.HOTSPLICE_WRONG_MODULES ?? 8)
const SHOW = '\tseq_puts(m, saved_command_line);\n'

describe.skipIf(`${without}${withoutQemu}` !== '')(`wrong modules${without} ${withoutQemu}`, () => {
  let workshop: Workshop | undefined
  beforeAll(() => {
    workshop = new Workshop()
  })
  afterAll(() => workshop?.close())

  const made = async () => {
    const edit = { file: 'fs/proc/cmdline.c', replace: SHOW, by: `\tseq_puts(m, "patched: ");\n${SHOW}` }
    return (await workshop?.build(edit))?.payload ?? new Uint8Array()
  }

  it('have tables with whole entries only', async () => {
    const right = await made()
    const kernel = readKernelImage(readKernel(kernelPart('image')))
    const tables = ['.return_sites', ...(LINE === '6.1' ? [] : ['.call_sites'])]
    for (const table of tables) {
      const { checks } = verifyModule({ payload: withHalfAnEntry(right, table) ?? right, kernel })
      expect(checks.find(({ code }) => code === 'table-size')).toMatchObject({ status: 'failed', place: table })
    }
  })

  it('have tables about their own code only', async () => {
    const right = await made()
    const kernel = readKernelImage(readKernel(kernelPart('image')))
    const checkOf = (module: Uint8Array) =>
      verifyModule({ payload: module, kernel }).checks.find(({ code }) => code === 'table-places')
    expect(checkOf(right)).toMatchObject({ status: 'passed' })
    for (const table of ['.return_sites', '__mcount_loc'])
      expect(checkOf(withStrayEntry(right, table))).toMatchObject({ status: 'failed', place: table })
  })

  it('are answered by the kernel as verify says', async () => {
    if (workshop === undefined) return
    const right = await made()
    const kernel = readKernelImage(readKernel(workshop.image))
    const asked = wrongModules(right, SEED, COUNT).map(({ what, bytes }) => {
      return { what, bytes, report: verifyModule({ payload: bytes, kernel }) }
    })
    // What would stop the kernel cannot be tried among others.
    const tried = asked.filter(({ report }) => report.errno !== 'crash')
    expect(tried.length).toBeGreaterThan(asked.length * 0.9)
    const console = boot(workshop.image, {
      name: 'live_case',
      reads: [],
      many: [right, ...tried.map(({ bytes }) => bytes)],
    })
    const said = answers(console)
    expect(said[0]).toBe(0)
    const told = tried.map(({ what, report }) => `${what}: ${numberOf(report)}`)
    const real = tried.map(({ what }, index) => `${what}: ${said[index + 1] ?? 'nothing'}`)
    expect(told).toEqual(real)
    // Not all of one kind.
    expect(new Set(tried.map(({ report }) => report.decidedBy)).size).toBeGreaterThan(Math.min(COUNT, 24) / 2)
  })
})

describe.skipIf(`${without}${withoutSigning}` !== '')(`signatures${without} ${withoutSigning}`, () => {
  it('are those of the tree’s own program, byte for byte', () => {
    const tree = kernelPart('tree')
    const work = mkdtempSync(join(tmpdir(), 'hotsplice-linux-'))
    try {
      const at = (name: string) => join(work, name)
      const [key, certificate] = [at('key'), at('certificate')]
      const names = ['-subj', '/CN=tests', '-days', '2', '-keyout', key, '-out', certificate]
      execFileSync('openssl', ['req', '-x509', '-newkey', 'rsa:2048', '-nodes', ...names], { stdio: 'pipe' })
      const module = new Uint8Array(3000).fill(7)
      module.set([0x7f, 0x45, 0x4c, 0x46])
      writeFileSync(at('module'), module)
      execFileSync(join(tree, 'scripts/sign-file'), ['sha256', key, certificate, at('module'), at('signed')])
      const [keyText, certificateText] = [key, certificate].map(file => readFileSync(file, 'latin1'))
      const how = { target: 'linux', format: 'cms', hash: 'sha256' } as const
      const signed = signFile(module, { key: keyText ?? '', certificate: certificateText ?? '', ...how })
      expect(Buffer.compare(signed, readFileSync(at('signed')))).toBe(0)
    } finally {
      rmSync(work, { recursive: true })
    }
  })
})

const SEED = 1

/** What the kernel takes and should not is taken. */
function numberOf({ errno }: VerifyReport): number {
  if (errno === null || errno === 'wrong' || errno === 'crash') return 0
  return (constants.errno as Readonly<Record<string, number>>)[errno] ?? -1
}
