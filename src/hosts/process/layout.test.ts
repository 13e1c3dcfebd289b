/** The two sides of the layout: what TypeScript writes, read by C through the agent's own header. */
import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { expect, test } from 'vitest'
import { hasGcc, withoutGcc } from '../../../tests/support/gcc.ts'
import { agentSource } from './agent-file.ts'
import {
  CHECK_PIECE,
  HEADER_SIZE,
  LAYOUT_VERSION,
  MAGIC,
  NAME_SIZE,
  PIECE,
  readSlots,
  SLOT_SIZE,
  STATE_OFFSET,
  STEP_SIZE,
  slotBytes,
  WORK,
  workBytes,
} from './layout.ts'

const PROGRAM = `
#include <stddef.h>
#include <stdio.h>
#include "hotsplice-agent.h"
#define OF(type, field) printf("%s.%s %zu\\n", #type, #field, offsetof(struct type, field))
int main(void) {
  printf("magic %llu\\nversion %u\\nname %u\\npiece %u\\n", (unsigned long long)HS_MAGIC, HS_VERSION, HS_NAME, HS_PIECE);
  printf("slot %zu\\nstep %zu\\nwork %zu\\nstate %zu\\n", sizeof(struct hs_slot), sizeof(struct hs_step), sizeof(struct hs_work), sizeof(struct hs_state));
  OF(hs_slot, state); OF(hs_work, phase); OF(hs_work, cancel); OF(hs_work, timeout); OF(hs_work, after_at);
  OF(hs_step, argument); OF(hs_step, flags); OF(hs_work, threads); OF(hs_work, word); OF(hs_work, stack);
  OF(hs_work, spot); OF(hs_work, held); OF(hs_work, same); OF(hs_state, beats); OF(hs_state, worker);
  return 0;
}`

test.skipIf(!hasGcc)(`sizes, offsets and numbers are the header’s${withoutGcc}`, () => {
  const folder = mkdtempSync(join(tmpdir(), 'hotsplice-layout-'))
  try {
    writeFileSync(join(folder, 'layout.c'), PROGRAM)
    const program = join(folder, 'layout')
    execFileSync('gcc', ['-I', dirname(agentSource()), '-o', program, join(folder, 'layout.c')])
    expect(execFileSync(program, { encoding: 'utf8' }).trim().split('\n')).toEqual([
      `magic ${MAGIC}`,
      `version ${LAYOUT_VERSION}`,
      `name ${NAME_SIZE}`,
      `piece ${PIECE}`,
      `slot ${SLOT_SIZE}`,
      `step ${STEP_SIZE}`,
      `work ${WORK.size}`,
      `state ${HEADER_SIZE}`,
      `hs_slot.state ${STATE_OFFSET}`,
      `hs_work.phase ${WORK.fields}`,
      `hs_work.cancel ${WORK.cancel}`,
      'hs_work.timeout 32',
      'hs_work.after_at 76',
      'hs_step.argument 48',
      'hs_step.flags 58',
      'hs_work.threads 112',
      'hs_work.word 120',
      'hs_work.stack 128',
      'hs_work.spot 136',
      'hs_work.held 140',
      'hs_work.same 144',
      'hs_state.beats 104',
      'hs_state.worker 100',
    ])
  } finally {
    rmSync(folder, { recursive: true })
  }
})

test('a slot reads as it was written, but for its state', () => {
  const area = (address: number) => ({ address, length: 64 })
  const slot = { name: 'fix', areas: { code: area(4096), readOnly: area(8192), writable: area(0) }, about: area(9000) }
  expect(readSlots(slotBytes(slot))).toEqual([{ ...slot, index: 0, state: 'empty', result: 0, order: 0, applied: 0 }])
})

test('a step that changes what an earlier one changed is marked', () => {
  const bytes = (value: number) => new Uint8Array(5).fill(value)
  const write = (address: number) => ({ kind: 'write', address, before: bytes(1), after: bytes(2) }) as const
  const stand = [
    write(100),
    write(105),
    write(104),
    { kind: 'check', address: 109, bytes: new Uint8Array(CHECK_PIECE) } as const,
  ]
  const whole = workBytes({ slot: 0, action: 3, timeoutMs: 1, ranges: [], before: [], stand, after: [] })
  const flags = stand.map((_, index) => whole[WORK.steps - WORK.fields + STEP_SIZE * index + 58])
  expect(flags).toEqual([0, 0, 1, 1])
})
