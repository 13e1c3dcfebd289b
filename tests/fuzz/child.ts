/** Carries out wrong inputs that `scripts/fuzz.ts` names, one after the other, and tells what each came to. */
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { carryOut, sound } from './carry-out.ts'
import { FalseAgent } from './false-agent.ts'
import { type Reader, wrongInput } from './wrong-inputs.ts'

export interface Asked {
  readonly reader: Reader
  readonly seed: number
  readonly number: number
}

export interface Told {
  readonly status: number
  readonly said: string
  readonly time: number
  /** Bytes: the most that this process has had so far. */
  readonly memory: number
}

const folder = process.argv[2] ?? ''
mkdirSync(folder, { recursive: true })
const given = sound({ lines: 150_000, line: 200_000 })
let agent: FalseAgent | undefined

process.on('message', async ({ reader, seed, number }: Asked) => {
  const input = wrongInput(reader, seed, number, given)
  if (input.agent !== undefined) {
    agent ??= await FalseAgent.start(folder)
    await agent.put(input.agent)
  }
  const { status, said, time } = await carryOut(input, join(folder, 'case'), agent?.host)
  const told: Told = { status, said, time, memory: process.resourceUsage().maxRSS * 1024 }
  process.send?.(told)
})
process.on('disconnect', () => {
  agent?.stop()
  process.exit(0)
})
process.send?.('ready')
