import { expect, test } from 'vitest'
import { type NewSection, writeElf } from '../../src/elf/index.ts'
import { inspectPayload } from '../../src/loaders/inspect.ts'
import { describePayload, payloadSummary } from '../../src/report/inspect.ts'
import { hasGcc, withoutGcc } from '../support/gcc.ts'
import { ID, optionsFor, payloadOf, selectSources } from './support.ts'

const HEAD = `extern int printk(const char *, ...); extern int flag;
static void hook(void) { flag = 1; } void *__attribute__((section(".livepatch.hooks.unload"))) const data = hook;`

test.skipIf(!hasGcc)(`a payload tells all about itself${withoutGcc}`, () => {
  const selection = selectSources(
    [
      {
        before: 'extern int flag; int f(int a) { return a + flag * 11; }',
        after: `${HEAD} int seen = 3; int f(int a) { seen++; printk("f"); return a + flag * 11; }`,
      },
    ],
    {},
  )
  const expectations = new Map([['f', Uint8Array.of(0x8b, 0x05)]])
  const options = { ...optionsFor(), depends: ID.slice(0, 16), modinfo: ['name=test', 'for=Xen'], expectations }
  const payload = payloadOf(selection, options)
  const model = inspectPayload(payload.bytes)
  expect(model).toMatchObject({
    machine: 62,
    size: payload.bytes.length,
    buildId: payload.buildId,
    depends: Buffer.from(ID.slice(0, 16)).toString('hex'),
    xenDepends: Buffer.from(ID).toString('hex'),
    functions: [{ name: 'f', version: 2, expectation: '8b05' }],
    hooks: [{ section: '.livepatch.hooks.unload', functions: ['unit0.c#hook'] }],
    entries: [],
    newSymbols: ['unit0.c#hook', 'seen'],
    undefinedSymbols: ['flag', 'printk'],
    modinfo: ['name=test', 'for=Xen'],
    canBeReapplied: false,
  })
  expect(model.functions[0]?.newCode).toMatch(/^\.text\+0x/)
  expect(model.sections).toContainEqual({ name: '.data', size: 4, alignment: 4, memory: 'writable' })
  const summary = payloadSummary(payload.bytes, 'fix.livepatch')
  expect(summary).toMatchObject({
    buildId: payload.buildId,
    functions: [{ name: 'f', expectation: '8b05' }],
    hooks: [{ hook: 'unload', function: 'unit0.c#hook' }],
    needs: ['flag', 'printk'],
  })
  expect(describePayload(summary, 'fix.livepatch')).toContain('1 hook\n  unload: unit0.c#hook\n\nneeds 2 symbols')
})

test('a payload by hand: NOPs at an address, a broken note', () => {
  const table = new Uint8Array(104)
  const view = new DataView(table.buffer)
  view.setBigUint64(16, 0xffff82d040200000n, true)
  view.setUint32(24, 5, true)
  view.setUint32(28, 64, true)
  table[32] = 1
  const section = (name: string, bytes: Uint8Array): NewSection => ({ name, type: 1, flags: 2, alignment: 1, bytes })
  const bytes = writeElf({
    header: { machine: 62 },
    sections: [section('.livepatch.funcs', table), section('.livepatch.depends', Uint8Array.of(1, 2, 3))],
    symbols: [],
  })
  expect(inspectPayload(bytes)).toMatchObject({
    buildId: null,
    depends: null,
    functions: [{ name: '0xffff82d040200000', newCode: null, newSize: 5, oldSize: 64, version: 1, expectation: null }],
    canBeReapplied: true,
  })
  const text = describePayload(payloadSummary(bytes, 'by-hand'), 'by-hand')
  expect(text).toContain('depends      none')
  expect(text).toContain('  0xffff82d040200000  64 → 5 bytes')
})
