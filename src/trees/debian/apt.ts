/**
 * A package, its debug package and its source, by the machine's own apt. The one part of hotsplice that uses a network, and
 * only through apt: its mirrors, its keys, its proxies. Nothing is installed, and nothing of the machine's changes: sources
 * are looked up in lists of our own, derived from the machine's, because most machines list binary packages alone.
 */
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { InputError } from '../../base/errors.ts'
import { interrupted } from '../interrupted.ts'
import type { Run } from '../model.ts'
import { type RunResult, run } from '../run.ts'
import { shellText } from '../words.ts'

export interface DebianPackage {
  readonly name: string
  readonly version: string
}

/** What the package has, unpacked. */
export interface Fetched {
  /** Of the package, with what it installs. */
  readonly files: string
  /** Likewise of the package with symbols; undefined where there is none of that version. */
  readonly debugFiles: string | undefined
  /** The unpacked source, with the package's own patches applied. */
  readonly source: string
}

const QUIET = ['-q', '-o', 'APT::Sandbox::User=root', '-o', 'Dir::Cache::pkgcache=', '-o', 'Dir::Cache::srcpkgcache=']
const SOURCE_LISTS = /\.(list|sources)$/

/** Fetches all of it into folders below `folder`; `etc` is apt's own configuration. */
export async function fetchPackage(
  { name, version }: DebianPackage,
  folder: string,
  own: Run,
  etc = '/etc/apt',
): Promise<Fetched> {
  const apt = new Apt(folder, own)
  own.progress.step(`fetching ${name} ${version} by apt, through the network`)
  const files = await apt.unpacked(name, version)
  if (files === undefined) throw notFetched(`${name}=${version}`, apt.lastWords)
  own.progress.step(`fetching ${name}-dbg ${version} by apt`)
  const debugFiles = await apt.unpacked(`${name}-dbg`, version)
  const source = await apt.source(await apt.sourceOf(name, version), etc)
  return { files: files.folder, debugFiles: debugFiles?.folder, source }
}

/** A kernel's package with its modules, and the source that it was made from, packed as Debian's package of it has it. */
export interface FetchedKernel {
  readonly files: string
  /** `linux-source-6.1.tar.xz`. */
  readonly source: string
}

/** Fetches both into folders below `folder`; `sourceName` is the source's binary package, `linux-source-6.1`. */
export async function fetchKernel(
  { name, version }: DebianPackage,
  sourceName: string,
  folder: string,
  own: Run,
): Promise<FetchedKernel> {
  const apt = new Apt(folder, own)
  const fetched: string[] = []
  for (const wanted of [name, sourceName]) {
    own.progress.step(`fetching ${wanted} ${version} by apt, through the network`)
    const files = await apt.unpacked(wanted, version)
    if (files === undefined) throw notFetched(`${wanted}=${version}`, apt.lastWords)
    fetched.push(files.folder)
  }
  const [files = '', source = ''] = fetched
  return { files, source: join(source, 'usr/src', `${sourceName}.tar.xz`) }
}

class Apt {
  readonly #folder: string
  readonly #own: Run
  readonly #debs = new Map<string, string>()
  lastWords = ''

  constructor(folder: string, own: Run) {
    this.#folder = folder
    this.#own = own
  }

  /** The package's content, and undefined where it cannot be had. */
  async unpacked(name: string, version: string): Promise<{ readonly folder: string } | undefined> {
    const downloads = this.#make(`debs/${name}`)
    const { exit } = await this.#run(['apt-get', ...QUIET, 'download', `${name}=${version}`], downloads)
    const deb = readdirSync(downloads).find(file => file.endsWith('.deb'))
    if (exit !== 0 || deb === undefined) return undefined
    this.#debs.set(name, join(downloads, deb))
    const folder = this.#make(`files/${name}`)
    await this.#must(['dpkg-deb', '-x', join(downloads, deb), folder], downloads)
    return { folder }
  }

  /** The source package, of which a binary one may have another name and version. */
  async sourceOf(name: string, version: string): Promise<DebianPackage> {
    const deb = this.#debs.get(name) ?? ''
    const { output } = await this.#must(['dpkg-deb', '-f', deb, 'Source'], this.#folder)
    const [, source = name, own = version] = /^(\S+)(?: \((\S+)\))?\s*$/.exec(output) ?? []
    return { name: source, version: own }
  }

  async source({ name, version }: DebianPackage, etc: string): Promise<string> {
    this.#own.progress.step(`fetching the source ${name} ${version} by apt`)
    const lists = this.#make('lists')
    mkdirSync(join(lists, 'partial'))
    const parts = this.#make('sources.d')
    deriveSources(etc, parts)
    const options = [
      ...QUIET,
      ...['-o', 'Dir::Etc::SourceList=/dev/null', '-o', `Dir::Etc::SourceParts=${parts}`],
      ...['-o', `Dir::State::Lists=${lists}`],
    ]
    const folder = this.#make('source')
    // One list of many may be out of reach; whether the source is, the next step says.
    const updated = await this.#run(['apt-get', ...options, 'update'], folder)
    const words = ['apt-get', ...options, '--only-source', 'source', `${name}=${version}`]
    const { exit, output, errors } = await this.#run(words, folder)
    const found = readdirSync(folder, { withFileTypes: true }).find(each => each.isDirectory())
    if (exit !== 0 || found === undefined) {
      throw notFetched(`the source ${name}=${version}`, `${updated.errors}${output}${errors}`)
    }
    return join(folder, found.name)
  }

  #make(name: string): string {
    const path = join(this.#folder, name)
    mkdirSync(path, { recursive: true })
    return path
  }

  async #must(words: readonly string[], folder: string): Promise<RunResult> {
    const result = await this.#run(words, folder)
    if (result.exit === 0) return result
    throw new InputError('debian/not-unpacked', `${shellText(words)} failed: ${result.errors.trim()}`)
  }

  async #run(words: readonly string[], folder: string): Promise<RunResult> {
    const { signal, pool } = this.#own
    if (signal?.aborted === true) throw interrupted()
    const result = await pool.use({ slots: 1, signal }, () => run(words, { folder, scratch: this.#folder, signal }))
    this.lastWords = `${result.output}${result.errors}`
    return result
  }
}

/** What the machine's lists say of binary packages, said of sources. */
function deriveSources(etc: string, parts: string): void {
  const files = [join(etc, 'sources.list'), ...namesIn(join(etc, 'sources.list.d'))]
  files.forEach((file, index) => {
    const text = textOf(file)
    const isNew = file.endsWith('.sources')
    const derived = isNew
      ? text.replace(/^Types:.*$/gm, 'Types: deb-src')
      : [...text.matchAll(/^\s*deb\s+(.*)$/gm)].map(([, rest]) => `deb-src ${rest}\n`).join('')
    if (derived !== '') writeFileSync(join(parts, `${index}.${isNew ? 'sources' : 'list'}`), derived)
  })
}

function namesIn(folder: string): readonly string[] {
  try {
    return readdirSync(folder)
      .filter(name => SOURCE_LISTS.test(name))
      .sort()
      .map(name => join(folder, name))
  } catch {
    return []
  }
}

function textOf(file: string): string {
  try {
    return readFileSync(file, 'utf8')
  } catch {
    return ''
  }
}

const SHOWN_LINES = 8

function notFetched(what: string, words: string): InputError {
  const last = words.trimEnd().split('\n').slice(-SHOWN_LINES).join('\n')
  return new InputError(
    'debian/not-fetched',
    `apt could not fetch ${what}:\n${last}`,
    'is that version still in an archive that the machine knows (apt-cache policy)? older ones are in snapshot.debian.org, which can be added to apt',
  )
}
