/**
 * A server in QEMU that is reached over loopback by the system's ssh: dropbear on some Linux that a script has put together.
 * Software emulation: it boots within twenty seconds or so.
 */
import { type ChildProcess, execFileSync, spawn, spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { delimiter, dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { BARE } from '../../src/hosts/rehearsal/board.ts'
import { writeScript } from '../support/script.ts'

const BOOT_MS = 120_000
/** The guest ends by itself after ten minutes, should this process die. */
const QEMU = 'qemu-system-x86_64'

/** The folder of kernel and initramfs that a script of scripts/ prints, or why there is none, in the words of what is missing. */
export function providedBy(script: string, what: string): { readonly folder: string } | { readonly missing: string } {
  if (spawnSync('apt-get', ['--version']).status !== 0) return { missing: 'apt-get is missing' }
  const file = fileURLToPath(new URL(`../../scripts/${script}`, import.meta.url))
  const { status, stdout, stderr } = spawnSync(file, { encoding: 'utf8', timeout: 300_000 })
  if (status === 0) return { folder: stdout.trim() }
  const [why = 'no reason given'] = stderr.trim().split('\n').slice(-1)
  return { missing: `Debian’s packages for ${what} cannot be had: ${why}` }
}

export interface GuestKind {
  /** How `--host` begins. */
  readonly kind: 'xen' | 'linux'
  /** What its console says when it can be reached. */
  readonly ready: string
  /** What makes it ours: `key` is whom it lets in, `network` the forwarded port. */
  machine(asked: { readonly key: string; readonly network: string }): readonly string[]
}

export class SshGuest {
  /** As `--host` has it. */
  readonly host: string
  readonly port: number
  /** Environment in which `ssh` is the system's, with a user's configuration that knows this server. */
  readonly env: NodeJS.ProcessEnv
  readonly #folder: string
  readonly #child: ChildProcess
  #console = ''

  private constructor(kind: string, folder: string, port: number, child: ChildProcess) {
    this.#folder = folder
    this.#child = child
    this.port = port
    this.host = `${kind}:ssh://root@127.0.0.1:${port}`
    this.env = { ...process.env, PATH: [folder, process.env.PATH].join(delimiter) }
    for (const stream of [child.stdout, child.stderr]) {
      stream?.on('data', chunk => {
        this.#console += chunk
      })
    }
  }

  static async boot({ kind, ready, machine }: GuestKind): Promise<SshGuest> {
    const folder = mkdtempSync(join(tmpdir(), 'hotsplice-guest-'))
    const key = makeKey(folder)
    writeSsh(folder)
    const port = await freePort()
    // Nothing but the forwarded port: the guest reaches nothing outside.
    const network = `user,id=net,restrict=on,hostfwd=tcp:127.0.0.1:${port}-:22`
    const child = spawn(QEMU, [...BARE, ...machine({ key, network })], { stdio: ['ignore', 'pipe', 'pipe'] })
    const guest = new SshGuest(kind, folder, port, child)
    process.once('exit', () => child.kill('SIGKILL'))
    await guest.#waitFor(ready)
    return guest
  }

  /** Runs something in the guest, past hotsplice. */
  run(command: string): string {
    const words = ['-p', String(this.port), 'root@127.0.0.1', command]
    return execFileSync('ssh', words, { env: this.env, encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] })
  }

  /** Writes a file there, with the folders above it; dropbear takes no long commands. */
  put(path: string, input: Uint8Array | string): void {
    const words = ['-p', String(this.port), 'root@127.0.0.1', `mkdir -p ${dirname(path)} && cat > ${path}`]
    execFileSync('ssh', words, { env: this.env, input, stdio: ['pipe', 'ignore', 'ignore'] })
  }

  stop(): void {
    // The connection that ssh keeps for the next call ends with its server.
    this.#child.kill('SIGKILL')
    rmSync(this.#folder, { recursive: true, force: true })
  }

  async #waitFor(words: string): Promise<void> {
    const end = performance.now() + BOOT_MS
    while (!this.#console.includes(words)) {
      const over = this.#child.exitCode !== null || performance.now() > end
      if (over) throw new Error(`the guest did not come up; its console ended with:\n${this.#console.slice(-2000)}`)
      await new Promise(resolve => setTimeout(resolve, 100))
    }
  }
}

/** A key of this run's own; what the guest must know of it. */
function makeKey(folder: string): string {
  execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', join(folder, 'key')])
  return readFileSync(join(folder, 'key.pub'), 'utf8').split(' ')[1] ?? ''
}

/** The system's ssh with the configuration that a user would have for such a server; one connection serves all calls. */
function writeSsh(folder: string): void {
  const real = execFileSync('which', ['ssh'], { encoding: 'utf8' }).trim()
  const lines = [
    'Host 127.0.0.1',
    `  IdentityFile ${folder}/key`,
    `  UserKnownHostsFile ${folder}/known`,
    '  StrictHostKeyChecking accept-new',
    '  ControlMaster auto',
    `  ControlPath ${folder}/%C`,
    '  ControlPersist 60',
  ]
  writeFileSync(join(folder, 'config'), `${lines.join('\n')}\n`)
  writeScript(join(folder, 'ssh'), `exec ${real} -F ${folder}/config "$@"`)
}

export async function freePort(): Promise<number> {
  const server = createServer()
  await new Promise<void>(done => server.listen(0, '127.0.0.1', done))
  const address = server.address()
  await new Promise(done => server.close(done))
  if (address === null || typeof address === 'string') throw new Error('no port')
  return address.port
}
