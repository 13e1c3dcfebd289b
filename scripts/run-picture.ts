/**
 * The picture of a run in the README: what its section on a real Xen types, and what is printed, made from a run of it.
 *
 *     npx tsx scripts/run-picture.ts [FILE.svg]      after `make build`; needs QEMU and the tree of scripts/xen.sh
 *
 * The picture is text in a frame; what is long is cut at the frame's edge.
 */
import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { blockIn, shownIn, typed } from '../tests/support/shown-commands.ts'

const COLUMNS = 104
const [WIDTH, ROW, LEFT, TOP] = [8.1, 18, 16, 44]
/** Of what a command prints. */
const MOST_LINES = 12

interface Line {
  readonly text: string
  readonly kind: 'typed' | 'printed'
}

function linesOfRun(): readonly Line[] {
  const tree = execFileSync(fileURLToPath(new URL('xen.sh', import.meta.url)), ['release'], { encoding: 'utf8' }).trim()
  const folder = mkdtempSync(join(tmpdir(), 'hotsplice-picture-'))
  try {
    typed(`tree='${tree}'\n${blockIn('README.md', 'mkdir -p fix/a')}`, folder)
    const fix = join(folder, 'fix')
    // What is printed names the tree as it was typed.
    symlinkSync(tree, join(fix, 'xen-4.17'))
    return shownIn('README.md')
      .filter(({ command }) => /--tree \$tree|\bversion\.(?:livepatch|script)/.test(command))
      .flatMap(({ command, output }): readonly Line[] => {
        if (command.startsWith('cat ')) {
          writeFileSync(join(fix, 'version.script'), `${output.join('\n')}\n`)
          return []
        }
        const { status, printed } = typed(`tree=xen-4.17; ${command} 2> /dev/null`, fix)
        if (status !== 0) throw new Error(`${command} ended with ${status}: ${printed}`)
        const lines = printed.trimEnd().split('\n')
        const shown = lines.length > MOST_LINES ? [...lines.slice(0, MOST_LINES - 2), '…', ...lines.slice(-1)] : lines
        return [
          { text: `$ ${command}`, kind: 'typed' },
          ...shown.map((text): Line => ({ text, kind: 'printed' })),
          { text: '', kind: 'printed' },
        ]
      })
      .slice(0, -1)
  } finally {
    rmSync(folder, { recursive: true })
  }
}

function picture(lines: readonly Line[]): string {
  const [width, height] = [Math.ceil(2 * LEFT + COLUMNS * WIDTH), TOP + ROW * lines.length + LEFT]
  const escaped = (text: string) => text.slice(0, COLUMNS).replace(/&/g, '&amp;').replace(/</g, '&lt;')
  const rows = lines.map(
    ({ text, kind }, at) => `  <text class="${kind}" x="${LEFT}" y="${TOP + ROW * at + 14}">${escaped(text)}</text>`,
  )
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" role="img">
  <title>A hotpatch for Xen: built, verified, and tried on the real hypervisor</title>
  <style>
    text { font: 13px ui-monospace, Menlo, Consolas, monospace; white-space: pre; fill: #d6dde4 }
    .typed { font-weight: bold; fill: #8fd4a0 }
  </style>
  <rect width="${width}" height="${height}" rx="8" fill="#10161c"/>
  <circle cx="20" cy="20" r="6" fill="#3a4651"/>
  <circle cx="40" cy="20" r="6" fill="#3a4651"/>
  <circle cx="60" cy="20" r="6" fill="#3a4651"/>
${rows.join('\n')}
</svg>
`
}

const file = process.argv[2] ?? fileURLToPath(new URL('../docs/run.svg', import.meta.url))
writeFileSync(file, picture(linesOfRun()))
console.log(`wrote ${file}`)
