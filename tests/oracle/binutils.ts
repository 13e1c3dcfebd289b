/** readelf and objdump as judges: their text for many files at once, and the first line where ours differs. */
import { spawnSync } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Side } from '../../src/base/side.ts'
import { type DumpView, dumpElf, type ElfObject } from '../../src/elf/index.ts'

export const missingTool = ['readelf', 'objdump', 'gcc', 'ar'].find(tool => spawnSync(tool, ['--version']).status !== 0)

/** What readelf prints for the views below. */
const READELF_VIEWS = '-hSgrsW'
const OUR_VIEWS: readonly DumpView[] = ['header', 'sections', 'groups', 'relocations', 'symbols']

/** The text and the complaints of one run over all files; each file's text by its name. */
export function readelf(files: readonly string[], options = READELF_VIEWS) {
  const { stdout, stderr } = run('readelf', [options, ...files])
  const parts = files.length === 1 ? [stdout] : stdout.split(/^\nFile: .*\n/m).slice(1)
  return { stderr, text: new Map(files.map((file, index) => [file, parts[index] ?? ''])) }
}

export function run(tool: string, options: readonly string[]) {
  const environment = { ...process.env, LC_ALL: 'C.UTF-8' }
  const result = spawnSync(tool, options, { encoding: 'utf8', maxBuffer: 2 ** 30, env: environment })
  if (result.error !== undefined) throw result.error
  return { stdout: result.stdout, stderr: result.stderr }
}

/** The first line in which our dump of `elf` differs from readelf's text; undefined when there is none. */
export function firstDifference(elf: ElfObject<Side>, theirs: string): string | undefined {
  const dump = dumpElf(elf, { views: OUR_VIEWS })
  if (dump === theirs) return undefined
  const comparable = (text: string) => lines(elf.header.type === 1 ? text : withoutDynamicExtras(text))
  const ours = comparable(dump)
  const expected = comparable(theirs)
  const length = Math.max(ours.length, expected.length)
  for (let line = 0; line < length; line++) {
    if (ours[line] !== expected[line]) return `line ${line + 1}\nreadelf: ${expected[line]}\nwe:      ${ours[line]}`
  }
  return undefined
}

/** Without what we do not print: versions behind dynamic symbols' names, and relative relocations packed in bits. */
function withoutDynamicExtras(text: string): string {
  return text
    .replace(/@@?[\w.]+(?: \(\d+\))?/g, '')
    .replace(/^Relocation section '\.relr\.dyn' at .*\n(?:.*\n)*?\n/m, '')
}

function lines(text: string): string[] {
  return text.split('\n').map(line => line.trimEnd())
}

/** All files below `folder` whose name ends with `ending` and that are 64-bit ELF; symbolic links are not followed. */
export function elfFiles(folder: string, ending: string): string[] {
  return readdirSync(folder, { withFileTypes: true })
    .sort((left, right) => (left.name < right.name ? -1 : 1))
    .flatMap(entry => {
      const path = join(folder, entry.name)
      if (entry.isDirectory()) return elfFiles(path, ending)
      return entry.isFile() && entry.name.endsWith(ending) && isElf64(path) ? [path] : []
    })
}

function isElf64(file: string): boolean {
  return readFileSync(file)
    .subarray(0, 5)
    .equals(Buffer.from([0x7f, 0x45, 0x4c, 0x46, 2]))
}

/** Name, size, file offset and alignment of what `objdump -h` calls sections: not the tables of the format itself. */
export function objdumpSections(files: readonly string[]): Map<string, readonly string[]> {
  const { stdout } = run('objdump', ['-h', '-w', ...files])
  const parts = stdout.split(/^(\S.*):\s+file format .*$/m).slice(1)
  const found = new Map<string, readonly string[]>()
  for (let part = 0; part < parts.length; part += 2) {
    const rows = [...(parts[part + 1] ?? '').matchAll(/^ *\d+ (.*?) +([0-9a-f]{8,}) .* ([0-9a-f]{8}) {2}2\*\*(\d+)/gm)]
    found.set(
      parts[part] ?? '',
      rows.map(([, name = '', size = '', offset = '', alignment]) =>
        [name.trim(), Number.parseInt(size, 16), Number.parseInt(offset, 16), 2 ** Number(alignment)].join(' '),
      ),
    )
  }
  return found
}

/** The same of our model. */
export function ourSections({ sections }: ElfObject<Side>): readonly string[] {
  const tables = new Set([0, 2, 3, 4, 17, 18])
  return sections
    .filter(({ type }) => !tables.has(type))
    .map(({ name, size, fileOffset, alignment }) => [name, size, fileOffset, Math.max(alignment, 1)].join(' '))
}

/** The bytes of each section as `objdump -s` prints them, by name; only for files in which names are unique. */
export function objdumpBytes(file: string): ReadonlyMap<string, string> {
  return bytesBySection(run('objdump', ['-s', file]).stdout)
}

/** The same from objdump's text. */
export function bytesBySection(text: string): ReadonlyMap<string, string> {
  const found = new Map<string, string>()
  for (const [, name = '', body = ''] of text.matchAll(/^Contents of section (.*):\n((?: [0-9a-f]+ .*\n)*)/gm)) {
    const hex = body.split('\n').map(line => line.replace(/^ [0-9a-f]+ /, '').slice(0, 35))
    found.set(name, hex.join('').replaceAll(' ', ''))
  }
  return found
}
