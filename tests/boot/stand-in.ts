/**
 * A machine for the boot program: folders in place of /, a package in them, and an `xen-livepatch` and `xl` that keep what they were
 * told in files. The stand-ins print what Xen 4.17's tools print (src/hosts/xen/list.test.ts has the form).
 */
import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { chmodSync, cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { delimiter, dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

export const PROGRAM = fileURLToPath(new URL('../../boot/hotsplice-boot', import.meta.url))
export const RUNS = 'ab'.repeat(20)

/** One line for each call; `stack` has `NAME STATE RC`, in the order of uploads. REFUSES and PENDING name payloads. */
const XEN_LIVEPATCH = `#!/bin/sh
cd "$HYPERVISOR" || exit 1
echo "$*" >> calls
set_state() { grep -v "^$1 " stack > new; echo "$1 $2 $3" >> new; mv new stack; }
case $1 in
  list)
    if [ -e broken ]; then echo "xen-livepatch: command failed" >&2; exit 1; fi
    if [ ! -s stack ]; then echo "Nothing to list"; exit 0; fi
    echo " ID                                     | status     | metadata"
    echo "----------------------------------------+------------+---------------"
    while read -r name state rc; do
      case $rc in 0) note= ;; 11) note=" (11, Resource temporarily unavailable)" ;; *) note=" ($rc, Invalid argument)" ;; esac
      printf '%-40s| %s%s    | by=x | APPLIED\\n' "$name" "$state" "$note"
      # What is pending has come to its end when it is asked for once more.
      if [ "$rc" = 11 ]; then set_state "$name" APPLIED 0; fi
    done < stack ;;
  upload)
    if grep -q "^$2 " stack; then echo "Error 17: File exists" >&2; exit 1; fi
    sha256sum < "$3" | cut -d' ' -f1 >> uploaded
    echo "$2 CHECKED 0" >> stack ;;
  apply)
    case " $(cat refuses 2>/dev/null) " in *" $2 "*)
      set_state "$2" CHECKED 22; echo "Applying $2... failed" ; echo "Error 22: Invalid argument" >&2; exit 1 ;; esac
    case " $(cat pending 2>/dev/null) " in *" $2 "*)
      set_state "$2" CHECKED 11; echo "Operation didn't complete." >&2; exit 1 ;; esac
    set_state "$2" APPLIED 0 ;;
  revert) set_state "$2" CHECKED 0 ;;
  unload) grep -v "^$2 " stack > new; mv new stack ;;
esac
`

const XL = `#!/bin/sh
echo "host                   : tests"
echo "xen_extra              : .5"
if [ -s "$HYPERVISOR/build-id" ]; then echo "build_id               : $(cat "$HYPERVISOR/build-id")"; fi
`

export interface Fitting {
  readonly name: string
  readonly id?: string
  readonly base?: string
}

export class Machine {
  readonly #folder = mkdtempSync(join(tmpdir(), 'hotsplice-boot-'))
  readonly #package = this.#at('usr/lib/hotsplice/fixes')

  constructor(payloads: readonly Fitting[]) {
    for (const [name, text] of [
      ['xen-livepatch', XEN_LIVEPATCH],
      ['xl', XL],
    ] as const) {
      this.write(`bin/${name}`, text)
      chmodSync(this.#at(`bin/${name}`), 0o755)
    }
    this.write('hypervisor/build-id', RUNS)
    this.write('hypervisor/stack', '')
    mkdirSync(join(this.#package, 'boot'), { recursive: true })
    cpSync(PROGRAM, join(this.#package, 'boot/hotsplice-boot'))
    const lines = payloads.map(({ name, id = RUNS, base = 'debian' }) => {
      const content = `payload ${name} for ${id}`
      this.write(this.payloadPath(name, id), content)
      const sha256 = createHash('sha256').update(content).digest('hex')
      return `${id} ${base} ${name} ${sha256} payloads/${id}/${name}.livepatch`
    })
    this.write('usr/lib/hotsplice/fixes/boot/list', `# hotsplice boot 1\n${lines.map(line => `${line}\n`).join('')}`)
  }

  #at(path: string) {
    return join(this.#folder, path)
  }
  payloadPath(name: string, id = RUNS) {
    return `usr/lib/hotsplice/fixes/payloads/${id}/${name}.livepatch`
  }
  write(path: string, text: string) {
    mkdirSync(dirname(this.#at(path)), { recursive: true })
    writeFileSync(this.#at(path), text)
  }
  /** What a package has, over what is there. */
  install(root: string) {
    cpSync(root, this.#folder, { recursive: true, verbatimSymlinks: true })
  }
  read(path: string) {
    return existsSync(this.#at(path)) ? readFileSync(this.#at(path), 'utf8') : ''
  }
  run(word: string, shell = 'sh') {
    const env = {
      HOTSPLICE_BOOT_ROOT: this.#folder,
      HYPERVISOR: this.#at('hypervisor'),
      PATH: [this.#at('bin'), process.env.PATH].join(delimiter),
    }
    const words = [join(this.#package, 'boot/hotsplice-boot'), word]
    const { status, stdout, stderr } = spawnSync(shell, words, { env, encoding: 'utf8' })
    return { status, stdout, stderr }
  }
  /** What the hypervisor has, as `NAME STATE`. */
  stack() {
    const lines = this.read('hypervisor/stack').split('\n').filter(Boolean)
    return lines.map(line => line.split(' ').slice(0, 2).join(' '))
  }
  /** What was asked of it that changes something. */
  changes() {
    const calls = this.read('hypervisor/calls').split('\n').filter(Boolean)
    return calls.filter(call => call !== 'list').map(call => call.split(' ').slice(0, 2).join(' '))
  }
  /** What a new boot of the whole machine forgets. */
  reboot() {
    for (const path of ['run', 'hypervisor/calls']) rmSync(this.#at(path), { recursive: true, force: true })
    this.write('hypervisor/stack', '')
  }
  remove() {
    rmSync(this.#folder, { recursive: true, force: true })
  }
}
