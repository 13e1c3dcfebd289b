/**
 * Bundles src/ into a few files of dist/: start-up is the user's time, and most of it went to reading modules one by one
 * and to compiling them. And page/ into one: what a report is shown by.
 *
 *   node scripts/bundle.mjs [FOLDER]     dist unless given
 *
 * What the quickest command reads is one file; what others need besides comes in further ones when they are called.
 * The command's files are CommonJS, since only then what V8 compiled can be kept (src/cli/launch.ts); the library's are
 * ES modules. Files are renamed into their places, and have their content's hash in their name: a command that runs
 * meanwhile finds those that it began with.
 */
import { spawnSync } from 'node:child_process'
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
import { pageShell } from './page.mjs'

const checkout = fileURLToPath(new URL('../', import.meta.url))
const target = resolve(process.argv[2] ?? join(checkout, 'dist'))
const source = file => join(checkout, 'src', file)

/**
 * A file each, with what an earlier one has not: what both threads of a command read, start-up, and the command that is
 * done the soonest. The entry itself stays apart: whoever awaits it must not be in it.
 */
const QUICK = [
  { name: 'threads', from: ['cli/exit-code.ts', 'cli/stream-error.ts', 'cli/terminal.ts'] },
  { name: 'start', from: ['cli/run.ts'] },
  { name: 'diff', from: ['cli/commands/diff.ts'] },
]
/** A wasm module with its own file beside it; most commands never load it. */
const EXTERNAL = ['iced-x86']
const CHUNKS = 'chunks'
const NOTHING = '\0nothing.cjs'
const AN_HOUR = 3_600_000

const STARTS = {
  input: {
    'cli/main': source('cli/main.ts'),
    'cli/thread': source('cli/thread.ts'),
    'cli/launch': source('cli/launch.ts'),
  },
  format: 'cjs',
}
const COMMAND = {
  input: {
    'cli/command': source('cli/command.ts'),
    'cli/in-thread': source('cli/in-thread.ts'),
    'cli/run': source('cli/run.ts'),
  },
  format: 'cjs',
  groups: QUICK,
}
const LIBRARY = {
  input: {
    index: source('index.ts'),
    'elf/index': source('library/elf.ts'),
    'report/index': source('library/report.ts'),
  },
  format: 'es',
}

const begun = new Date()
mkdirSync(target, { recursive: true })
const place = mkdtempSync(join(target, '.bundle-'))
try {
  const output = [...(await bundle(STARTS)), ...(await bundle(COMMAND)), ...(await bundle(LIBRARY))]
  const page = await pageShell(checkout)
  writeFileSync(join(place, 'page.html'), page.text)
  writeFileSync(join(place, 'licenses.txt'), licensesOf([...output, ...page.output]))
  keepCompiled()
  const current = new Set(filesBelow(place).map(file => relative(place, file)))
  // Entries come last: what they name is there by then.
  for (const file of filesBelow(place).sort((a, b) => Number(isChunk(b)) - Number(isChunk(a)))) moveInto(file)
  removeStale(current)
  // What changed while this ran is newer than this.
  utimesSync(join(target, 'cli/main.cjs'), begun, begun)
} finally {
  rmSync(place, { recursive: true, force: true })
}

async function bundle({ input, format, groups = [] }) {
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
      for (const { name, from } of groups) for (const file of from) reach(this, source(file), name)
    },
    resolveId: (id, importer) => (isUnused(id, importer) ? NOTHING : undefined),
    load: id => (id === NOTHING ? 'module.exports = {}' : undefined),
  }
  const build = await rolldown({
    cwd: checkout,
    input,
    platform: 'node',
    external: EXTERNAL,
    plugins: [plugin],
  })
  const end = format === 'cjs' ? 'cjs' : 'js'
  const { output } = await build.write({
    dir: place,
    format,
    entryFileNames: `[name].${end}`,
    chunkFileNames: `${CHUNKS}/[name]-[hash].${end}`,
    codeSplitting: { groups: groups.map(({ name }) => ({ name, test: id => groupOf.get(id) === name })) },
    // Types stand in api/ with their docstrings; here they would only be read at each start.
    comments: { annotation: false, jsdoc: false, legal: true },
  })
  await build.close()
  for (const { fileName, type, code } of output)
    if (type === 'chunk') writeFileSync(join(place, fileName), inAscii(code))
  return output
}

/** commander would start programs for subcommands that have files of their own; there are none, and loading takes 5 ms. */
function isUnused(id, importer) {
  return id === 'node:child_process' && importer?.includes('/node_modules/commander/') === true
}

/** One letter beyond Latin-1 doubles the memory of a whole file, and V8 reads it more slowly. No identifier has one. */
function inAscii(code) {
  return code.replace(/[^\0-\x7f]/g, letter => `\\u${letter.charCodeAt(0).toString(16).padStart(4, '0')}`)
}

/** Without it all is as right, and a little slower. */
function keepCompiled() {
  const args = [join(checkout, 'scripts/keep-compiled.mjs'), join(place, 'cli')]
  const { status, stderr } = spawnSync(process.execPath, args, { encoding: 'utf8' })
  if (status !== 0) throw new Error(`what V8 compiled could not be kept:\n${stderr}`)
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
  const stale = filesBelow(target).filter(
    file => /\.(?:c?js|compiled)$/.test(file) && !current.has(relative(target, file)),
  )
  for (const file of stale) if (begun.getTime() - statSync(file).mtimeMs > AN_HOUR) rmSync(file)
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
