/**
 * A worker that runs in another root, which alone has the compiler of a base: it takes that base's jobs and no others, and what comes
 * of them is what `fleet build` makes from outside with the words that lead there, byte for byte.
 */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createTwoFilesPatch } from 'diff'
import { afterAll, describe, expect, test, vi } from 'vitest'
import type { FleetIndex } from '../../src/report/fleet-index.ts'
import { openStore } from '../../src/services/content-store.ts'
import { hasGcc, withoutGcc } from '../support/gcc.ts'
import { withoutRoot } from '../support/other-root.ts'
import { hasRedis, ownRedis, withoutRedis } from '../support/redis.ts'
import { command, hotsplice } from '../xen/command.ts'

const WAIT = { timeout: 60_000, interval: 50 } as const

const folder = mkdtempSync(join(tmpdir(), 'hotsplice-inside-'))
const at = (path: string) => join(folder, path)
const running = new Set<ChildProcess>()
afterAll(async () => {
  for (const child of running) child.kill('SIGKILL')
  await Promise.all([...running].map(child => child.exitCode ?? child.signalCode ?? once(child, 'exit')))
  rmSync(folder, { recursive: true, force: true })
})

/** All of this machine's folders at their places, but for /opt, which is its own. */
const ENTER = `root=$1; shift
for each in /*; do
  name=\${each#/}
  [ "$name" != opt ] || continue
  if [ -L "$each" ]; then [ -L "$root/$name" ] || ln -s "$(readlink "$each")" "$root/$name"
  elif [ -d "$each" ]; then mkdir -p "$root/$name"; mount --rbind "$each" "$root/$name"; fi
done
exec chroot "$root" "$@"`

const TEXT = 'int f(int x)\n{\n    return x * 1001 + 1;\n}\nint g(int x)\n{\n    return x * 1001 + 2;\n}\n'
const ROOT = at('root')
/** What compilers read is at the same place outside, but for what the root has of its own. */
const PATHS = ['/usr=/usr', `${folder}=${folder}`, `/opt=${ROOT}/opt`]
const WORDS = `unshare --mount sh ${at('enter')} ${ROOT}`

function makeFleet(): void {
  writeFileSync(at('enter'), ENTER)
  mkdirSync(join(ROOT, 'opt'), { recursive: true })
  writeFileSync(join(ROOT, 'opt/cc'), '#!/bin/sh\nexec gcc -DONLY_HERE "$@"\n')
  chmodSync(join(ROOT, 'opt/cc'), 0o755)
  for (const [tree, compiler] of [
    ['plain', 'gcc'],
    ['other', '/opt/cc'],
  ] as const) {
    mkdirSync(at(tree))
    writeFileSync(at(`${tree}/f.c`), TEXT)
    const entry = { directory: at(tree), file: 'f.c', arguments: [compiler, '-O2', '-c', 'f.c', '-o', 'f.o'] }
    writeFileSync(at(`${tree}/compile_commands.json`), JSON.stringify([entry]))
  }
  for (const [name, from] of [
    ['one', '+ 1;'],
    ['two', '+ 2;'],
  ] as const) {
    const after = TEXT.replace(from, '+ 77;')
    writeFileSync(at(`${name}.patch`), createTwoFilesPatch('a/f.c', 'b/f.c', TEXT, after, '', ''))
  }
  const fixes = ['one', 'two'].map(name => ({ name, patches: [`${name}.patch`] }))
  const bases = [
    { name: 'plain', tree: 'plain', target: 'process' },
    { name: 'other', tree: 'other', target: 'process', toolchain: WORDS, 'toolchain-path': PATHS },
  ]
  writeFileSync(at('FLEET.json'), JSON.stringify({ bases, fixes }))
}

const env = (cache: string) => ({ ...process.env, HOTSPLICE_CACHE: at(`cache-${cache}`) })

/** `before` are the words that lead to where it runs. */
function worker(url: string, name: string, before: readonly string[], more: readonly string[]) {
  const args = ['fleet', 'worker', url, '--store', at('store'), '-j', '1', ...more]
  const [program = '', ...rest] = [...before, process.execPath, command, ...args]
  const child = spawn(program, rest, { cwd: folder, env: env(name), stdio: ['ignore', 'ignore', 'pipe'] })
  running.add(child)
  let said = ''
  child.stderr?.on('data', chunk => {
    said += String(chunk)
  })
  const built = () => [...said.matchAll(/^(\S+): building/gm)].map(([, cell]) => cell).sort()
  return { said: () => said, built }
}

describe.skipIf(!hasGcc || !hasRedis || withoutRoot !== '')(
  `a worker in another root${withoutGcc}${withoutRedis}${withoutRoot}`,
  () => {
    test('takes the jobs of its toolchain, and makes what is made from outside', async () => {
      makeFleet()
      const build = (...more: string[]) =>
        hotsplice(['fleet', 'build', 'FLEET.json', ...more], { cwd: folder, env: env('build') })
      const alone = await build('-o', 'local')
      expect(alone, alone.stdout + alone.stderr).toMatchObject({ status: 0 })
      await openStore(at('store'), { write: writeFileSync, isMade: true })
      const redis = await ownRedis()
      try {
        const plain = worker(redis.url, 'plain', [], [])
        const inside = worker(redis.url, 'inside', WORDS.split(' '), [
          ...['--inside', '--toolchain', WORDS],
          ...PATHS.flatMap(path => ['--toolchain-path', path]),
        ])
        for (const { said } of [plain, inside]) await vi.waitFor(() => expect(said()).toContain('takes jobs'), WAIT)
        const ran = await build('-o', 'out', '--queue', redis.url, '--store', 'store', '--check-every', '0')
        expect(ran, ran.stderr + inside.said()).toMatchObject({ status: 0 })
        expect([plain.built(), inside.built()]).toEqual([
          ['plain/one', 'plain/two'],
          ['other/one', 'other/two'],
        ])
      } finally {
        await redis.remove()
      }
      const { cells }: FleetIndex = JSON.parse(readFileSync(at('out/index.json'), 'utf8'))
      expect(cells.map(({ outcome }) => outcome)).toEqual(['built', 'built', 'built', 'built'])
      expect(readFileSync(at('out/index.json'))).toEqual(readFileSync(at('local/index.json')))
    })
  },
)
