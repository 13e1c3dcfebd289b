/**
 * Debian's Linux as dom0 of the release tree's Xen in QEMU, with dropbear and the xen-livepatch that Debian installs,
 * reached over loopback by the system's ssh. Software emulation: it boots within twenty seconds or so.
 */
import { type ChildProcess, execFileSync, spawn, spawnSync } from 'node:child_process'
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { delimiter, dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const script = fileURLToPath(new URL('../../scripts/dom0.sh', import.meta.url))
const BOOT_MS = 120_000
/** The guest ends by itself after ten minutes, should this process die. */
const QEMU = 'qemu-system-x86_64'

/** The folder of kernel and initramfs, or why there is none, in the words of what is missing. */
export function providedDom0(): { readonly folder: string } | { readonly missing: string } {
  if (spawnSync('apt-get', ['--version']).status !== 0) return { missing: 'apt-get is missing' }
  const { status, stdout, stderr } = spawnSync(script, { encoding: 'utf8', timeout: 300_000 })
  if (status === 0) return { folder: stdout.trim() }
  const [why = 'no reason given'] = stderr.trim().split('\n').slice(-1)
  return { missing: `Debian’s packages for a dom0 cannot be had: ${why}` }
}

export class LinuxDom0 {
  /** As `--host` has it. */
  readonly host: string
  readonly port: number
  /** Environment in which `ssh` is the system's, with a user's configuration that knows this server. */
  readonly env: NodeJS.ProcessEnv
  readonly #folder: string
  readonly #child: ChildProcess
  #console = ''

  private constructor(folder: string, port: number, child: ChildProcess) {
    this.#folder = folder
    this.#child = child
    this.port = port
    this.host = `xen:ssh://root@127.0.0.1:${port}`
    this.env = { ...process.env, PATH: [folder, process.env.PATH].join(delimiter) }
    for (const stream of [child.stdout, child.stderr]) {
      stream?.on('data', chunk => {
        this.#console += chunk
      })
    }
  }

  static async boot(hypervisor: string, images: string): Promise<LinuxDom0> {
    const folder = mkdtempSync(join(tmpdir(), 'hotsplice-dom0-'))
    const key = makeKey(folder)
    writeSsh(folder)
    const port = await freePort()
    const child = spawn(QEMU, machine({ hypervisor, images, port, key }), { stdio: ['ignore', 'pipe', 'pipe'] })
    const dom0 = new LinuxDom0(folder, port, child)
    process.once('exit', () => child.kill('SIGKILL'))
    await dom0.#waitFor('dom0: ready')
    return dom0
  }

  /** Runs something in the dom0, past hotsplice. */
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
      if (over) throw new Error(`the dom0 did not come up; its console ended with:\n${this.#console.slice(-2000)}`)
      await new Promise(resolve => setTimeout(resolve, 100))
    }
  }
}

/** A key of this run's own; what the dom0 must know of it. */
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
  writeFileSync(join(folder, 'ssh'), `#!/bin/sh\nexec ${real} -F ${folder}/config "$@"\n`)
  chmodSync(join(folder, 'ssh'), 0o755)
}

interface Machine {
  readonly hypervisor: string
  readonly images: string
  readonly port: number
  readonly key: string
}

/** By the host's clock: counting instructions (-icount), as the rehearsal does, makes Linux's clock leap and hang. */
function machine({ hypervisor, images, port, key }: Machine): string[] {
  const memory = 'dom0_mem=384M,max:384M dom0_max_vcpus=1'
  const linux = 'console=hvc0 quiet rodata=off init_on_alloc=0 mitigations=off swiotlb=512'
  return [
    ...['-M', 'pc', '-accel', 'tcg', '-cpu', 'qemu64,+rdrand', '-smp', '1', '-m', '512'],
    ...['-nodefaults', '-no-user-config', '-display', 'none', '-monitor', 'none', '-no-reboot', '-serial', 'stdio'],
    ...['-kernel', hypervisor, '-append', `console=com1 com1=115200,8n1 ${memory}`],
    ...['-initrd', `${images}/vmlinuz ${linux} dom0.key=${key},${images}/initramfs`],
    // Nothing but the forwarded port: the guest reaches nothing outside.
    ...['-netdev', `user,id=net,restrict=on,hostfwd=tcp:127.0.0.1:${port}-:22`, '-device', 'e1000,netdev=net'],
  ]
}

export async function freePort(): Promise<number> {
  const server = createServer()
  await new Promise<void>(done => server.listen(0, '127.0.0.1', done))
  const address = server.address()
  await new Promise(done => server.close(done))
  if (address === null || typeof address === 'string') throw new Error('no port')
  return address.port
}
