/** A command line carried out in this process: as `bin/hotsplice` would, without the time that a process takes to start. */
import { Readable } from 'node:stream'
import { run } from '../../src/cli/run.ts'

export interface RanHere {
  readonly status: number
  readonly stdout: string
  readonly stderr: string
}

/** `stdin` has nothing to read unless given. One at a time: standard output is the process's own. */
export async function runHere(args: readonly string[], stdin: Uint8Array = new Uint8Array()): Promise<RanHere> {
  const own = Object.getOwnPropertyDescriptor(process, 'stdin')
  const [stdout, stderr] = [caught(process.stdout), caught(process.stderr)]
  const input = Readable.from(stdin.length === 0 ? [] : [stdin], { objectMode: false })
  Object.defineProperty(process, 'stdin', { configurable: true, get: () => input })
  try {
    const status = await run(args, new AbortController().signal)
    return { status, stdout: stdout.text(), stderr: stderr.text() }
  } finally {
    if (own !== undefined) Object.defineProperty(process, 'stdin', own)
    stdout.release()
    stderr.release()
  }
}

function caught(stream: NodeJS.WriteStream) {
  const parts: Buffer[] = []
  const write = stream.write
  stream.write = (data: string | Uint8Array) => parts.push(Buffer.from(data)) > 0
  return {
    text: () => Buffer.concat(parts).toString('utf8'),
    release: () => {
      stream.write = write
    },
  }
}
