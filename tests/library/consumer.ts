/**
 * A project of somebody else: the packed package, TypeScript at its strictest, and a folder with the files that the
 * documented examples name.
 */
import { execFileSync, spawnSync } from 'node:child_process'
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { ENTRIES } from '../../scripts/api/declared.ts'
import { type Example, examplesIn } from '../../scripts/api/docs.ts'
import { installModule, installPackage, manifest } from '../cli/support/packed.ts'
import { soundKeys } from '../fuzz/sound-keys.ts'
import { toyImage } from '../fuzz/toy-image.ts'
import { compile, XEN_LIKE } from '../support/gcc.ts'
import { toyPayload } from '../verify/toy.ts'

const checkout = fileURLToPath(new URL('../../', import.meta.url))
const read = (file: string) => readFileSync(join(checkout, file), 'utf8')

/** Each example in a comment once, under a name of its own. */
export function documentedExamples(): readonly Example[] {
  const all = ENTRIES.flatMap(({ name, declarations }) =>
    examplesIn(declarations, read(declarations)).map((example, at) => ({
      ...example,
      name: `${name} ${example.name} ${at + 1}`,
    })),
  )
  return all.filter(({ code }, at) => all.findIndex(other => other.code === code) === at)
}

/** Those of a page that are whole programs. */
export function examplesOfPage(page: string): readonly Example[] {
  return [...read(page).matchAll(/^```ts\n(.*?)^```/gms)].map(([, code = ''], at) => ({
    name: `${page} ${at + 1}`,
    needs: '',
    code,
  }))
}

export interface Consumer {
  readonly folder: string
  /** What the compiler has against the programs; empty where it has nothing. */
  compile(): string
  run(name: string): { readonly status: number | null; readonly said: string }
  remove(): void
}

const CONFIGURATION = {
  compilerOptions: {
    target: 'es2022',
    module: 'nodenext',
    types: ['node'],
    strict: true,
    exactOptionalPropertyTypes: true,
    noUncheckedIndexedAccess: true,
    verbatimModuleSyntax: true,
    skipLibCheck: false,
    rootDir: 'programs',
    outDir: 'compiled',
  },
  include: ['programs'],
}

/** `programs` by name; they are run in a folder that has the files of the examples. */
export function makeConsumer(programs: ReadonlyMap<string, string>): Consumer {
  const folder = mkdtempSync(join(tmpdir(), 'hotsplice-consumer-'))
  installPackage(folder)
  installModule(folder, '@types/node')
  writeFileSync(join(folder, 'package.json'), JSON.stringify({ name: 'consumer', type: 'module' }))
  writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify(CONFIGURATION))
  mkdirSync(join(folder, 'programs'))
  for (const [name, code] of programs) writeFileSync(join(folder, 'programs', `${fileOf(name)}.ts`), code)
  const place = join(folder, 'place')
  mkdirSync(place)
  const cache = join(folder, 'cache')
  mkdirSync(cache, { mode: 0o700 })
  const env = { ...process.env, HOTSPLICE_CACHE: cache }
  fillPlace(place, { command: join(folder, 'node_modules/hotsplice', manifest.bin.hotsplice), env })
  return {
    folder: place,
    compile: () => {
      const compiler = join(checkout, 'node_modules/typescript/bin/tsc')
      return spawnSync(process.execPath, [compiler, '-p', folder], { cwd: folder, encoding: 'utf8' }).stdout
    },
    run: name => {
      const program = join(folder, 'compiled', `${fileOf(name)}.js`)
      const { status, stdout, stderr } = spawnSync(process.execPath, [program], { cwd: place, env, encoding: 'utf8' })
      return { status, said: stdout + stderr }
    },
    remove: () => rmSync(folder, { recursive: true, force: true }),
  }
}

const fileOf = (name: string) => name.replace(/[^a-z0-9]+/gi, '-')

interface Tool {
  readonly command: string
  readonly env: NodeJS.ProcessEnv
}

/** What examples find where they run. */
function fillPlace(place: string, { command, env }: Tool): void {
  const tree = join(place, 'demo')
  mkdirSync(tree)
  cpSync(join(checkout, 'examples/demo/file1.c'), join(tree, 'file1.c'))
  cpSync(join(checkout, 'examples/demo/fix.patch'), join(place, 'fix.patch'))
  const args = ['gcc', '-O2', '-c', 'file1.c', '-o', 'file1.o']
  const commands = [{ directory: tree, file: 'file1.c', arguments: args }]
  writeFileSync(join(tree, 'compile_commands.json'), JSON.stringify(commands))
  const source = read('examples/demo/file1.c')
  writeFileSync(join(place, 'original.o'), compile(source, XEN_LIKE, 'file1.c'))
  writeFileSync(join(place, 'patched.o'), compile(source.replace('- amount', '- amount - 1'), XEN_LIKE, 'file1.c'))
  const [key = '', certificate = ''] = soundKeys()
  writeFileSync(join(place, 'key.pem'), key, { mode: 0o600 })
  writeFileSync(join(place, 'cert.pem'), certificate)
  writeFileSync(join(place, 'fix.livepatch'), toyPayload())
  writeFileSync(join(place, 'xen-syms'), toyImage())
  const build = ['build', '--target', 'process', '--tree', 'demo', '--patch', 'fix.patch', '-o', 'demo.livepatch']
  execFileSync(process.execPath, [command, ...build, '--json', 'fix.json'], { cwd: place, env, stdio: 'pipe' })
}

/** For examples that need it: the built tree that they call `xen`, and a payload for it. */
export function giveHypervisor({ folder }: Consumer, tree: string, payload: Uint8Array): void {
  symlinkSync(tree, join(folder, 'xen'))
  writeFileSync(join(folder, 'version.livepatch'), payload)
}
