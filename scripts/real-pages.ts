/**
 * Pages of real builds, each held against its JSON in a browser, looked at by axe-core, on a phone and on paper: Debian's Xen
 * with a patch of 248 units, with what verify, rehearse and advise say, for AArch64, refused; and a fleet of 30 fixes for 40
 * bases. scripts/page-pictures.ts makes pictures of what is left in the folder.
 *
 *     npx tsx scripts/real-pages.ts FOLDER [NAME ...]     after `make build`
 *
 * What is there already is not built again. Exits 1 where a page is wrong; what has not been tried is said.
 */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { createTwoFilesPatch } from 'diff'
import { hasChromium, startViewer, withoutChromium } from '../tests/page/support/browser.ts'
import { judgePage } from '../tests/page/support/judge-page.ts'
import { hotsplice } from '../tests/xen/command.ts'
import { type Configuration, xenTree } from '../tests/xen/tree.ts'

const [given, ...only] = process.argv.slice(2)
if (given === undefined || !hasChromium) {
  console.error(given === undefined ? 'usage: real-pages.ts FOLDER [NAME ...]' : `no pages${withoutChromium}`)
  process.exit(1)
}
const folder = resolve(given)
mkdirSync(folder, { recursive: true })

type Edit = readonly [file: string, from: string, to: string]

const SCHED = 'xen/include/xen/sched.h'
const KERNEL = 'xen/common/kernel.c'
const VERSION: Edit = [KERNEL, '(xen_major_version() << 16)', '(xen_major_version() << 15)']

/** By the page's name: where it is built, what the patch does, and what more is asked. */
const BUILDS: Readonly<Record<string, { tree: Configuration; edits: readonly Edit[]; more?: readonly string[] }>> = {
  'many-units': {
    tree: 'release',
    edits: [
      [
        SCHED,
        '    return d->tot_pages - d->extra_pages;',
        '    /* Extra pages may be gone already. */\n    if ( d->extra_pages > d->tot_pages )\n        return 0;\n\n    return d->tot_pages - d->extra_pages;',
      ],
      [
        SCHED,
        '    return !(v->pause_flags |',
        '    if ( v->domain->is_shut_down )\n        return false;\n\n\n    return !(v->pause_flags |',
      ],
    ],
    more: ['--compile-all', '--leave-init', 'all'],
  },
  tried: { tree: 'release', edits: [VERSION] },
  aarch64: { tree: 'arm64', edits: [VERSION] },
  refused: {
    tree: 'release',
    edits: [
      VERSION,
      [
        KERNEL,
        'parse_params(cmdline, __setup_start, __setup_end);',
        'parse_params(cmdline + 1, __setup_start, __setup_end);',
      ],
      [
        'xen/common/domain.c',
        'static unsigned int __read_mostly extra_hwdom_irqs',
        'static unsigned int __read_mostly extra_hwdom_irqs = 7',
      ],
    ],
  },
}

const viewer = await startViewer()
try {
  for (const name of [...Object.keys(BUILDS), 'fleet']) {
    if (only.length > 0 && !only.includes(name)) continue
    const page = name === 'fleet' ? await fleetPage() : await buildPage(name)
    const faults = await judgePage(viewer, page, name === 'fleet' ? undefined : join(folder, `${name}.json`))
    console.log([`${name}: ${faults.length === 0 ? 'right' : 'wrong'}`, ...faults].join('\n  '))
    if (faults.length > 0) process.exitCode = 1
  }
} finally {
  await viewer.close()
}

async function buildPage(name: string): Promise<string> {
  const [patch, json, page, payload] = ['patch', 'json', 'html', 'livepatch'].map(end => join(folder, `${name}.${end}`))
  const { tree, edits, more = [] } = BUILDS[name] ?? { tree: 'release', edits: [] }
  const built = xenTree(tree)
  writeFileSync(patch ?? '', patchOf(name, edits), 'latin1')
  const own = ['--tree', built, '--patch', patch ?? '']
  const isThere = existsSync(json ?? '') && JSON.parse(readFileSync(json ?? '', 'utf8')).outcome !== 'error'
  if (!isThere) await ask('build', ...own, '-o', payload ?? '', '--details', '--json', json ?? '', ...more)
  const others = name === 'tried' ? await trials(built, own, payload ?? '') : []
  await ask('report', json ?? '', ...others, '-o', page ?? '')
  return page ?? ''
}

/** What the loader's rules, the real Xen and the other ways to treat line numbers say. */
async function trials(tree: string, own: readonly string[], payload: string): Promise<readonly string[]> {
  const [verify = '', rehearse = '', advise = ''] = ['verify', 'rehearse', 'advise'].map(what =>
    join(folder, `${what}.json`),
  )
  if (!existsSync(verify)) await ask('verify', payload, '--symbols', join(tree, 'xen/xen-syms'), '--json', verify)
  if (!existsSync(rehearse)) await ask('rehearse', payload, '--hypervisor', join(tree, 'xen/xen'), '--json', rehearse)
  if (!existsSync(advise)) await ask('advise', ...own, '--json', advise)
  return [verify, rehearse, advise]
}

function patchOf(name: string, edits: readonly Edit[]): string {
  const files = [...new Set(edits.map(([file]) => file))]
  const parts = files.map(file => {
    const before = readFileSync(join(xenTree('source'), file), 'latin1')
    const after = edits.reduce((text, [at, from, to]) => {
      if (at === file && !text.includes(from)) throw new Error(`${file} has no ${from}`)
      return at === file ? text.replace(from, () => to) : text
    }, before)
    return createTwoFilesPatch(`a/${file}`, `b/${file}`, before, after, '', '')
  })
  return `Subject: [PATCH] xen: ${name}\n\n${parts.join('')}`
}

/** 40 builds of a small program, and 30 fixes of which each concerns four of them. */
async function fleetPage(): Promise<string> {
  const [bases, fixes] = [40, 30]
  const work = join(folder, 'fleet')
  const source = Array.from({ length: fixes }, (_, at) => `int f${at}(int a) { return a * ${at + 2} + a % 7; }\n`).join(
    '',
  )
  mkdirSync(join(work, 'fixes'), { recursive: true })
  const names = Array.from({ length: bases }, (_, at) => `release-${at}`)
  for (const name of names) {
    mkdirSync(join(work, name), { recursive: true })
    const text = `const char release[] = "${name}";\n${source}`
    writeFileSync(join(work, name, 'f.c'), text)
    const words = ['gcc', '-O2', '-c', 'f.c', '-o', 'f.o']
    const entry = { directory: join(work, name), file: 'f.c', arguments: words }
    writeFileSync(join(work, name, 'compile_commands.json'), JSON.stringify([entry]))
  }
  const list = Array.from({ length: fixes }, (_, at) => {
    const lines = source.split('\n')
    const patch = createTwoFilesPatch(
      'a/f.c',
      'b/f.c',
      source,
      source.replace(lines[at] ?? '', `${lines[at]} /* */`.replace('+', '-')),
      '',
      '',
      { context: 0 },
    )
    writeFileSync(
      join(work, `fixes/${at}.patch`),
      patch.replace(/^@@ -(\d+) \+(\d+) @@/m, (_, a, b) => `@@ -${Number(a) + 1} +${Number(b) + 1} @@`),
    )
    const others = names.filter((_, base) => base % 10 !== at % 10)
    return {
      name: `fix-${at}`,
      ids: [`CVE-2026-${1000 + at}`],
      patches: [`fixes/${at}.patch`],
      'not-affected': Object.fromEntries(others.map(base => [base, 'its guests cannot reach it'])),
    }
  })
  const file = { bases: names.map(name => ({ name, tree: name, target: 'process' })), fixes: list }
  writeFileSync(join(work, 'FLEET.json'), JSON.stringify(file))
  await ask(
    'fleet',
    'build',
    join(work, 'FLEET.json'),
    '-o',
    join(folder, 'built'),
    '--html',
    join(folder, 'fleet.html'),
  )
  return join(folder, 'fleet.html')
}

/** Whatever comes of it has its page; what cannot be asked at all ends the script. */
async function ask(...words: readonly string[]): Promise<void> {
  const start = performance.now()
  const { status, stderr } = await hotsplice(words, { cwd: folder })
  console.log(`${words.slice(0, 2).join(' ')}: ${status} (${((performance.now() - start) / 1000).toFixed(1)} s)`)
  if (status === 1 || status === null || status > 3) throw new Error(stderr)
}
