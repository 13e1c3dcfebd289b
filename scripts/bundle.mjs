/**
 * Bundles src/ into a few files of dist/: start-up is the user's time, and most of it went to reading modules one by one.
 *
 *   node scripts/bundle.mjs [FOLDER]     dist unless given
 *
 * What the quickest command reads is one file; what others need besides comes in further ones when they are called.
 * Files are renamed into their places, and have their content's hash in their name: a command that runs meanwhile finds
 * those that it began with.
 */
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { dirname, join, relative, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { rolldown } from 'rolldown'

const checkout = fileURLToPath(new URL('../', import.meta.url))
const target = resolve(process.argv[2] ?? join(checkout, 'dist'))
const source = file => join(checkout, 'src', file)

const ENTRIES = {
  'cli/main': source('cli/main.ts'),
  index: source('index.ts'),
  'elf/index': source('library/elf.ts'),
  'report/index': source('library/report.ts'),
}
/**
 * A file each, with what an earlier one has not: what both threads of a command read, start-up, and the command that is
 * done the soonest. The entry itself stays apart: whoever awaits it must not be in it.
 */
const QUICK = [
  { name: 'threads', from: ['cli/interrupt.ts', 'cli/terminal.ts'] },
  { name: 'start', from: ['cli/run.ts'] },
  { name: 'diff', from: ['cli/commands/diff.ts'] },
]
/** A wasm module with its own file beside it; most commands never load it. */
const EXTERNAL = ['iced-x86']
const CHUNKS = 'chunks'
const AN_HOUR = 3_600_000

const begun = new Date()
mkdirSync(target, { recursive: true })
const place = mkdtempSync(join(target, '.bundle-'))
try {
  const output = await bundle(place)
  writeFileSync(join(place, 'licenses.txt'), licensesOf(output))
  // Entries come last: what they name is there by then.
  for (const file of filesBelow(place).sort((a, b) => Number(isChunk(b)) - Number(isChunk(a)))) moveInto(file)
  removeStale(new Set(output.map(({ fileName }) => fileName)))
  // What changed while this ran is newer than this.
  utimesSync(join(target, 'cli/main.js'), begun, begun)
} finally {
  rmSync(place, { recursive: true, force: true })
}

async function bundle(folder) {
  const groupOf = new Map()
  const reach = (context, id, name) => {
    const found = groupOf.has(id) ? undefined : context.getModuleInfo(id)
    if (found === undefined || found === null) return
    groupOf.set(id, name)
    for (const imported of found.importedIds) reach(context, imported, name)
  }
  const plugin = {
    name: 'quick',
    buildEnd() {
      for (const { name, from } of QUICK) for (const file of from) reach(this, source(file), name)
    },
  }
  const build = await rolldown({
    cwd: checkout,
    input: ENTRIES,
    platform: 'node',
    external: EXTERNAL,
    plugins: [plugin],
  })
  const { output } = await build.write({
    dir: folder,
    format: 'es',
    chunkFileNames: `${CHUNKS}/[name]-[hash].js`,
    codeSplitting: { groups: QUICK.map(({ name }) => ({ name, test: id => groupOf.get(id) === name })) },
    // Types stand in api/ with their docstrings; here they would only be read at each start.
    comments: { annotation: false, jsdoc: false, legal: true },
  })
  await build.close()
  return output
}

function isChunk(file) {
  return file.startsWith(join(place, CHUNKS))
}

function moveInto(file) {
  const to = join(target, relative(place, file))
  mkdirSync(dirname(to), { recursive: true })
  renameSync(file, to)
}

/** Code of earlier bundles, but what a running command may still load; and types, which stand in api/ since 0.2. */
function removeStale(current) {
  for (const file of filesBelow(target)) if (file.endsWith('.d.ts')) rmSync(file)
  const codes = filesBelow(target).filter(file => file.endsWith('.js') && !current.has(relative(target, file)))
  for (const file of codes) if (begun.getTime() - statSync(file).mtimeMs > AN_HOUR) rmSync(file)
}

/** The licences of the packages that are in the bundle ask for their text in every copy. */
function licensesOf(output) {
  const names = output
    .flatMap(({ modules }) => Object.keys(modules ?? {}))
    .map(id => /node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(id)?.[1])
  const texts = [...new Set(names)]
    .filter(name => name !== undefined)
    .sort()
    .map(name => {
      const folder = join(checkout, 'node_modules', name)
      const file = readdirSync(folder).find(entry => /^licen[cs]e/i.test(entry))
      if (file === undefined) throw new Error(`${name} has no licence file, which a copy of it must have`)
      return `${name}\n\n${readFileSync(join(folder, file), 'utf8').trim()}\n`
    })
  return texts.join(`\n${'-'.repeat(72)}\n\n`)
}

function filesBelow(folder) {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter(entry => entry.isFile())
    .map(entry => join(entry.parentPath, entry.name))
}
