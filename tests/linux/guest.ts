/** A machine with the real kernel and one program (`init.c`), which says what files hold before, with and after a patch. */
import { execFileSync, spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const source = fileURLToPath(new URL('init.c', import.meta.url))

export interface Tried {
  /** The module; without one the kernel's names are shown. */
  readonly module?: Uint8Array
  readonly name: string
  readonly reads: readonly string[]
  /** Modules of that name that are loaded one after the other. */
  readonly many?: readonly Uint8Array[]
}

/** What stands on the machine's console until it stops by itself. */
export function boot(image: string, { module, name, reads, many = [] }: Tried): string {
  const work = mkdtempSync(join(tmpdir(), 'hotsplice-linux-'))
  try {
    const init = join(work, 'init')
    execFileSync('gcc', ['-static', '-O2', '-o', init, source])
    const payload = module === undefined ? [] : [{ name: 'payload.ko', mode: 0o100644, bytes: module }]
    const files = [{ name: 'init', mode: 0o100755, bytes: readFileSync(init) }, ...payload, ...numbered(many)]
    const initramfs = join(work, 'initramfs')
    writeFileSync(initramfs, archive(files))
    const line = ['console=ttyS0', 'panic=-1', 'oops=panic', 'no_timer_check', '--', name, ...reads].join(' ')
    // One thread for both processors, and a timer that is not tried, as a rehearsal has them (hosts/rehearsal/linux/board.ts).
    const machine = [
      ...['-nographic', '-no-reboot', '-nodefaults', '-serial', 'stdio'],
      ...['-accel', 'tcg,thread=single', '-m', '512', '-smp', '2', '-cpu', 'max'],
    ]
    const ran = spawnSync('qemu-system-x86_64', [...machine, '-kernel', image, '-initrd', initramfs, '-append', line], {
      encoding: 'latin1',
      maxBuffer: 1 << 26,
      timeout: 240_000,
      input: '',
    })
    return ran.stdout.replaceAll('\r', '')
  } finally {
    rmSync(work, { recursive: true })
  }
}

const numbered = (many: readonly Uint8Array[]) =>
  many.map((bytes, index) => ({ name: `${index}.ko`, mode: 0o100644, bytes }))

/** What the kernel answered to each of many modules: 0, or an errno; undefined where it did not come to it. */
export function answers(console: string): readonly (number | undefined)[] {
  const found: number[] = []
  for (const [, at, answer] of console.matchAll(/^@many (\d+) (\d+)$/gm)) found[Number(at)] = Number(answer)
  return found
}

/** The words of the program: `@with /proc/cmdline …` is under `with /proc/cmdline`. */
export function said(console: string): ReadonlyMap<string, string> {
  const files = /^@(before|with|after) (\S+) (.*)$/gm
  const steps = /^@(load|enabled|disable|unload|tainted) (\d+)$/gm
  return new Map([
    ...[...console.matchAll(files)].map(([, when, file, text = '']) => [`${when} ${file}`, text] as const),
    ...[...console.matchAll(steps)].map(([, step = '', number = '']) => [step, number] as const),
  ])
}

interface Entry {
  readonly name: string
  readonly mode: number
  readonly bytes: Uint8Array
}

/** As Documentation/driver-api/early-userspace/buffer-format.rst has it. */
function archive(files: readonly Entry[]): Uint8Array {
  const end: Entry = { name: 'TRAILER!!!', mode: 0, bytes: new Uint8Array() }
  return Buffer.concat(
    [...files, end].flatMap(({ name, mode, bytes }, index) => {
      const fields = [index + 1, mode, 0, 0, 1, 0, bytes.length, 0, 0, 0, 0, name.length + 1, 0]
      const head = `070701${fields.map(field => field.toString(16).padStart(8, '0')).join('')}${name}\0`
      return [padded(Buffer.from(head, 'latin1')), padded(bytes)]
    }),
  )
}

const padded = (bytes: Uint8Array) => Buffer.concat([bytes, Buffer.alloc((4 - (bytes.length % 4)) % 4)])
