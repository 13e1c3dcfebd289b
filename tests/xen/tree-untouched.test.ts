/** The same input gives the same bytes anywhere, and the user's tree is never written to, not even when interrupted. */
import { execFileSync, spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { sampled } from '../support/sampled.ts'
import { allCases } from './cases/all.ts'
import { buildPayload, command } from './command.ts'
import { patchText } from './edits.ts'
import { copyTree, missingFor, toBuildXen, xenTree } from './tree.ts'

const missing = missingFor(...toBuildXen, 'sha256sum', 'pgrep')

/** Of every file's content, and of every entry's kind, mode and times. */
function checksum(tree: string): string {
  const list = `find . -type f -print0 | sort -z | xargs -0 sha256sum; find . -printf '%P %y %m %s %T@ %l\\n' | sort`
  const text = execFileSync('sh', ['-c', list], { cwd: tree, maxBuffer: 1 << 26 })
  return createHash('sha256').update(text).digest('hex')
}

describe.skipIf(missing !== '')(`the tree and the bytes ${missing}`, () => {
  let folder = ''
  let tree = ''
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'hotsplice-tree-'))
    tree = join(folder, 'a place', 'tree')
    copyTree(xenTree('release'), tree)
  })
  afterAll(() => rmSync(folder, { recursive: true }))

  const patchOf = (name: string, where = folder): string => {
    const edits = allCases.find(one => one.name === name)?.edits ?? []
    const file = join(where, `${name}.patch`)
    writeFileSync(file, patchText(xenTree('source'), edits), 'latin1')
    return file
  }

  test('the same bytes from two folders, and the trees are as they were', async () => {
    const before = [checksum(tree), checksum(xenTree('release'))]
    const here = join(folder, 'here')
    const there = join(folder, 'there', 'deeper')
    for (const place of [here, there]) mkdirSync(place, { recursive: true })
    const env = { ...process.env, HOTSPLICE_CACHE: join(folder, 'cache of its own') }
    for (const name of sampled(['exception-table', 'new-file', 'compiled-twice', 'apply-and-revert-hooks'])) {
      const first = await buildPayload({ tree: xenTree('release'), patch: patchOf(name), folder: here, name })
      const elsewhere = { tree: join(tree, 'xen'), patch: patchOf(name, there), folder: there, name: `${name}-other` }
      const second = await buildPayload({ ...elsewhere, more: ['-j', '1'], env })
      expect([first.status, second.status], second.stderr).toEqual([0, 0])
      expect(Buffer.from(second.payload ?? []).equals(Buffer.from(first.payload ?? [0])), name).toBe(true)
      expect(second.report.payload?.sha256).toBe(first.report.payload?.sha256)
    }
    expect([checksum(tree), checksum(xenTree('release'))]).toEqual(before)
  })

  test.for(['at once', 0, 300, 1500])('interrupted %s (ms after its first words)', async when => {
    const before = checksum(tree)
    const place = mkdtempSync(join(folder, 'interrupted-'))
    const cache = join(place, 'cache')
    const output = ['-o', join(place, 'p'), '--json', join(place, 'j')]
    const args = ['build', '--tree', tree, '--patch', patchOf('header-inline'), ...output]
    const { status, group } = await interrupted(args, { when, cache, place })
    // Before it can listen, the signal itself ends the process.
    expect(when === 'at once' ? [130, null] : [130]).toContain(status)
    expect(existsSync(join(place, 'p'))).toBe(false)
    if (status === 130) {
      expect(JSON.parse(readFileSync(join(place, 'j'), 'utf8'))).toMatchObject({ outcome: 'error', payload: null })
      expect(existsSync(join(cache, 'private')) ? readdirSync(join(cache, 'private')) : []).toEqual([])
    }
    expect(runningIn(group)).toBe('')
    expect(checksum(tree)).toBe(before)
  })
})

interface Interruption {
  readonly when: string | number
  readonly cache: string
  readonly place: string
}

/** Sends SIGINT to the whole group, as a terminal does on Ctrl-C. */
function interrupted(args: string[], { when, cache, place }: Interruption) {
  return new Promise<{ status: number | null; group: number }>((resolve, reject) => {
    const env = { ...process.env, HOTSPLICE_CACHE: cache }
    const child = spawn(process.execPath, [command, ...args], {
      cwd: place,
      env,
      detached: true,
      stdio: ['ignore', 'ignore', 'pipe'],
    })
    const group = child.pid ?? 0
    child.on('error', reject)
    child.on('close', status => resolve({ status, group }))
    const interrupt = (delay: number) => setTimeout(() => process.kill(-group, 'SIGINT'), delay)
    if (typeof when === 'string') interrupt(30)
    else child.stderr.once('data', () => interrupt(when))
    child.stderr.resume()
  })
}

/** What still runs of a group of processes; waits a little for those that are just ending. */
function runningIn(group: number): string {
  const wait = `for i in 1 2 3 4 5 6 7 8 9 10; do pgrep -g ${group} >/dev/null || exit 0; sleep 0.2; done; pgrep -a -g ${group}; true`
  return execFileSync('sh', ['-c', wait], { encoding: 'utf8' })
}
