/** Our decoder of AArch64 against objdump, on every instruction of every object of a built Xen. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { readElf } from '../../src/elf/index.ts'
import { readHypervisorSymbols } from '../../src/loaders/xen/symbols.ts'
import { decode, numberUse } from '../../src/machines/aarch64/decode.ts'
import { machineOf } from '../../src/machines/machines.ts'
import { RunningImage } from '../../src/verify/code/image.ts'
import { disassembleFile, isNumberOf } from '../support/arm64.ts'
import { checkUnits, linkedObjects, readUnits } from '../verify/running-code-support.ts'
import { missingFor, toBuildArm64Xen, xenTree } from './tree.ts'

const missing = missingFor(...toBuildArm64Xen)
/** C of lib/ that assembly of arch/arm/arm64/lib comes before, in Xen 4.17. */
const SHADOWED = 11

describe.skipIf(missing !== '')(`a built Xen for AArch64 ${missing}`, () => {
  const folder = () => join(xenTree('arm64'), 'xen')

  test('flow, distances and numbers are what objdump says', { timeout: 300_000 }, () => {
    // Linked, so that objdump reads distances of the words themselves.
    const code = disassembleFile(join(folder(), 'xen-syms'))
    expect(code.length).toBeGreaterThan(100_000)
    const wrong = code.filter(instruction => {
      const { word, flow, names } = instruction
      const found = decode(word)
      const isSame = found.flow === flow && JSON.stringify(found.names) === JSON.stringify(names)
      return !isSame || !isNumberOf(numberUse(word)?.value, instruction)
    })
    expect(wrong.slice(0, 20)).toEqual([])
  })

  test('every field of code is of a type that is known', async () => {
    for (const { unit, bytes } of await linkedObjects(folder())) {
      const object = readElf<'original'>(bytes)
      const { relocationType } = machineOf(object.header.machine)
      for (const [section, relocations] of object.relocations.entries()) {
        if ((Number(object.sections[section]?.flags) & 4) === 0) continue
        for (const { type } of relocations ?? []) expect(relocationType(type), `${unit}: ${type}`).toBeDefined()
      }
    }
  })

  test('the code of its objects is the code that runs', async () => {
    const symbols = readHypervisorSymbols(readFileSync(join(folder(), 'xen-syms')))
    const { findings } = checkUnits(readUnits(await linkedObjects(folder())), new RunningImage(symbols))
    const differ = findings.filter(({ difference }) => difference !== undefined)
    expect(findings.length).toBeGreaterThan(1800)
    expect(findings.flatMap(({ unchecked }) => unchecked)).toEqual([])
    expect(new Set(differ.map(({ unit }) => unit.replace(/[^/]*$/, '')))).toEqual(new Set(['lib/']))
    expect(differ).toHaveLength(SHADOWED)
  })
})
