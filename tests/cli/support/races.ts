/**
 * Two tools that upload to one process at the same moment, again and again, each by a Node of its own. A race is lost when
 * a tool said "done" and its payload is not there.
 */
import { execFile } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { openProcess } from '../../../src/hosts/process/process-host.ts'
import { buildDaemon, handPayload, idOf, RunningDaemon } from '../../run/process-daemon.ts'

export interface Races {
  /** The Node of each tool. */
  readonly nodes: readonly [string, string]
  /** What they run: bin/hotsplice of one tool or another. */
  readonly command: string
  readonly count: number
}

export interface RaceResults {
  /** Uploads of which their tool said "done". */
  readonly done: number
  /** Uploads that were told that another tool is at work. */
  readonly busy: number
  /** Payloads that are not there, of those that are done. */
  readonly lost: number
  /** Any other ending, in the tool's words. */
  readonly other: readonly string[]
}

export async function race({ nodes, command, count }: Races): Promise<RaceResults> {
  const daemon = buildDaemon()
  const running = new RunningDaemon(daemon)
  const results = { done: 0, busy: 0, lost: 0 }
  const other: string[] = []
  try {
    await running.ask('s')
    const payloads = ['one', 'two'].map((name, index) => {
      const functions = [{ name: 'answer', oldSize: daemon.sizeOf('answer'), by: name }]
      const code = `int ${name}(int x) { return ${index}; }`
      const file = join(daemon.folder, `${name}.livepatch`)
      writeFileSync(file, handPayload({ code, functions, buildId: idOf(index + 1) }))
      return { name, file, node: nodes[index] ?? process.execPath }
    })
    for (let number = 0; number < count; number++) {
      const endings = await Promise.all(
        payloads.map(({ name, file, node }) =>
          tool(node, [command, 'upload', name, file, '--host', `process:${running.pid}`], daemon.folder),
        ),
      )
      const host = openProcess({ pid: running.pid })
      const there = new Set((await host.list()).payloads.map(({ name }) => name))
      for (const [index, { code, words }] of endings.entries()) {
        const name = payloads[index]?.name ?? ''
        if (code === 0) results.done++
        else if (code === 2 && words.includes('another tool is at work')) results.busy++
        else other.push(`exit ${code}: ${words}`)
        if (code === 0 && !there.has(name)) results.lost++
      }
      for (const name of there) await host.act({ action: 'unload', name })
      await host.close()
    }
    return { ...results, other }
  } finally {
    running.stop()
    daemon.remove()
  }
}

function tool(node: string, words: readonly string[], folder: string): Promise<{ code: number; words: string }> {
  const env = { ...process.env, HOTSPLICE_AUDIT: join(folder, 'audit.jsonl') }
  return new Promise(resolve => {
    execFile(node, words, { env, cwd: folder }, (error, stdout, stderr) =>
      resolve({ code: error === null ? 0 : Number(error.code), words: `${stdout}${stderr}`.trim() }),
    )
  })
}
