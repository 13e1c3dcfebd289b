/**
 * A copy of a booted hypervisor's memory, taken by QEMU from outside: what Xen's own start and its payloads have made of
 * the code that the linker wrote.
 */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type RehearsalSession, startRehearsal } from '../../src/hosts/rehearsal/index.ts'
import type { HypervisorSymbols } from '../../src/loaders/xen/symbols.ts'
import type { MemoryCopy } from '../../src/verify/index.ts'
import { writeScript } from '../support/script.ts'

export interface Booted {
  readonly session: RehearsalSession
  /** The running code from _stext to _etext as it is now. */
  copyText(symbols: HypervisorSymbols): Promise<MemoryCopy>
  close(): Promise<void>
}

/** Boots `hypervisor` in a QEMU that lets its memory be read. */
export async function bootReadable(hypervisor: string): Promise<Booted> {
  const folder = mkdtempSync(join(tmpdir(), 'hotsplice-memory-'))
  const socket = join(folder, 'qmp')
  const emulator = writeScript(
    join(folder, 'qemu'),
    `exec qemu-system-x86_64 "$@" -qmp unix:${socket},server=on,wait=off`,
  )
  const session = await startRehearsal({ hypervisor, emulator })
  return {
    session,
    copyText: async symbols => {
      const address = symbols.lookup('_stext') ?? 0n
      const size = Number((symbols.lookup('_etext') ?? address) - address)
      const file = join(folder, 'memory')
      await monitor(socket, `memsave 0x${address.toString(16)} ${size} "${file}"`)
      return { address, bytes: new Uint8Array(readFileSync(file)) }
    },
    close: async () => {
      await session.close()
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

/** One command of QEMU's monitor; throws with its words where it has any. */
function monitor(socket: string, command: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const connection = connect(socket)
    const say = (words: object) => connection.write(`${JSON.stringify(words)}\n`)
    let text = ''
    connection.on('error', reject)
    connection.on('data', chunk => {
      text += String(chunk)
      for (let end = text.indexOf('\n'); end !== -1; end = text.indexOf('\n')) {
        const { QMP, id, ...answer } = JSON.parse(text.slice(0, end))
        text = text.slice(end + 1)
        if (QMP !== undefined) {
          say({ execute: 'qmp_capabilities' })
          say({ execute: 'human-monitor-command', arguments: { 'command-line': command }, id: 'asked' })
        } else if (id === 'asked') {
          connection.end()
          if (answer.return === '') resolve()
          else reject(new Error(JSON.stringify(answer)))
        }
      }
    })
  })
}
