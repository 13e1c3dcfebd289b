/** An object's function against images that a linker made, of the same source and of others: what is seen, and how it is told. */
import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { compile, hasGcc, withoutGcc } from '../../../tests/support/gcc.ts'
import { toyHypervisor } from '../../../tests/verify/toy.ts'
import { readElf } from '../../elf/index.ts'
import type { HypervisorSymbol, HypervisorSymbols } from '../../loaders/xen/symbols.ts'
import { XEN } from '../../loaders/xen/xen.ts'
import { pieceMap } from '../../pieces/pieces.ts'
import { UnitCode } from './code.ts'
import { RunningImage } from './image.ts'
import type { CodeFinding } from './model.ts'

/** Linked before the unit, so that its strings and constants move, and some are merged. */
const OTHER =
  'const char *other(int a) { return a ? "an other text" : "text"; } int flag = 1; int more = 2; int known(int a) { return a; }'

interface Row {
  readonly name: string
  readonly object: string
  /** The source of what runs; the object's own unless given. */
  readonly runs?: string
  /** What the text of the difference says; none where the code is the same. */
  readonly says?: RegExp
  readonly unchecked?: RegExp
}

const F = 'extern int flag, more; int known(int); int f(int a)'

test.skipIf(!hasGcc).for<Row>([
  { name: 'arithmetic', object: `${F} { return a * 3; }` },
  {
    name: 'arithmetic with another constant',
    object: `${F} { return a * 11; }`,
    runs: `${F} { return a * 13; }`,
    says: /^the running system has/,
  },
  {
    name: 'a string, merged with the end of another',
    object: `${F.replace('int f', 'const char *f')} { return "text"; }`,
  },
  {
    name: 'another string',
    object: `${F.replace('int f', 'const char *f')} { return "text"; }`,
    runs: `${F.replace('int f', 'const char *f')} { return "tent"; }`,
    says: /a string.*"tent" in the running system, "text" in the object/,
  },
  { name: 'a jump table', object: `${F} { ${switchOf(['1', '77', 'flag', 'more * 3', '9', 'a * a'])} }` },
  {
    name: 'a jump table in another order',
    object: `${F} { ${switchOf(['known(1)', 'known(2)', 'known(3)', 'known(4)', 'known(5)', 'known(6)'])} }`,
    runs: `${F} { ${switchOf(['known(1)', 'known(2)', 'known(3)', 'known(4)', 'known(5)', 'known(6)']).replace('case 3', 'case 9').replace('case 4', 'case 3').replace('case 9', 'case 4')} }`,
    says: /jump table|\.rodata|leads|running system has/,
  },
  {
    name: 'another variable',
    object: `${F} { return flag; }`,
    runs: `${F} { return more; }`,
    says: /should lead to flag/,
  },
  {
    name: 'another function',
    object: `${F} { return known(a) + 1; }`,
    runs: `int g(int a) { return a; } ${F} { return g(a + flag) + 1; }`,
    says: /./,
  },
  {
    name: 'a variable that has another value by now',
    object: `static int own = 1; ${F} { return own += a; }`,
    runs: `static int own = 5; ${F} { return own += a; }`,
  },
  {
    name: 'a named constant with another value',
    object: `static const int own[] = { 1, 2, 3, 4 }; ${F} { return own[a & 3]; }`,
    runs: `static const int own[] = { 1, 2, 3, 5 }; ${F} { return own[a & 3]; }`,
    says: /what it reaches there \(own\), byte 0xc/,
  },
  {
    name: 'a call of a function that the running system has not',
    object: `int gone(int); ${F} { return gone(a) + 1; }`,
    runs: `${F} { return known(a) + 1; }`,
    says: /should lead to gone, which the running system has not, and leads to known/,
  },
  {
    name: 'a variable that the running system has not',
    object: `extern int gone; ${F} { return gone + 1; }`,
    runs: `${F} { return flag + 1; }`,
    says: /should lead to gone, which the running system has not, and leads to flag/,
  },
  {
    name: 'a static variable of another name',
    object: `${F} { static int count; return count += a; }`,
    runs: `${F} { static int total; return total += a; }`,
    says: /should reach count\.\d+, and reaches unit\.c#total\.\d+/,
  },
  {
    name: 'a static variable that has another number there',
    object: `${F} { static int count; return count += a; }`,
    runs: `${F} { static int count; return count += a; } int after(int a) { static int other; return other += a; }`,
    unchecked: /it reaches count\.\d+, writable data without a name/,
  },
  {
    name: 'what only the linker decides: a weak symbol that nobody has',
    object: `extern int nobody __attribute__((weak)); ${F} { return &nobody != 0; }`,
    unchecked: /relocation type 9 is not compared/,
  },
])(`$name${withoutGcc}`, ({ object, runs = object, says, unchecked }) => {
  const finding = check(object, runs)
  if (says === undefined) expect(finding.difference).toBeUndefined()
  else expect(finding.difference?.text).toMatch(says)
  expect(finding.unchecked.join()).toMatch(unchecked ?? /^$/)
})

test.skipIf(!hasGcc)(`a copy of memory counts where it reaches, and what boot edits is left out${withoutGcc}`, () => {
  const text = `${F} { return a * 11 + flag; }`
  const { symbols, own } = link(text, text)
  const address = symbols.lookup('f') ?? 0n
  const size = symbols.symbols.find(({ name }) => name === 'f')?.size ?? 0
  const bytes = (symbols.bytesAt(address, size) ?? new Uint8Array()).slice()
  const ask = (image: RunningImage) => own(image)
  expect(ask(new RunningImage(symbols, { address, bytes })).difference).toBeUndefined()
  bytes[2] = (bytes[2] ?? 0) ^ 0xff
  expect(ask(new RunningImage(symbols, { address, bytes })).difference).toMatchObject({
    offset: 2,
    address: address + 2n,
  })
  const edited = { ...symbols, bootEdits: () => [{ what: 'alternative', address: address + 1n, size: 3 } as const] }
  expect(ask(new RunningImage(edited, { address, bytes }))).toMatchObject({ difference: undefined, edited: 3 })
  // The image's own file is as the linker left it: there nothing is left out.
  expect(ask(new RunningImage(edited))).toMatchObject({ difference: undefined, edited: 0 })
  // Where the copy does not reach, the image's file counts, and it is said.
  const elsewhere = ask(new RunningImage(symbols, { address: address + 0x1000n, bytes }))
  expect(elsewhere.difference).toBeUndefined()
  expect(elsewhere.unchecked).toEqual([expect.stringContaining('has not all of f')])
  const half = ask(new RunningImage(symbols, { address: address + 2n, bytes: bytes.subarray(2, 4) }))
  expect(half.difference).toMatchObject({ offset: 2 })
})

function switchOf(values: readonly string[]): string {
  return `switch (a) { ${values.map((value, index) => `case ${index}: return ${value};`).join(' ')} default: return -1; }`
}

function check(object: string, runs: string): CodeFinding {
  const { symbols, own } = link(object, runs)
  return own(new RunningImage(symbols))
}

test('a replacement of no instructions at the end of a section is nowhere, and still the same', () => {
  const image = new RunningImage(toyHypervisor({ bytesAt: () => undefined }))
  expect([image.read(0x1000n, 0), image.read(0x1000n, 1)]).toEqual([new Uint8Array(), undefined])
})

const FLAGS = [
  '-O2',
  '-fpie',
  '-fvisibility=hidden',
  '-ffunction-sections',
  '-fdata-sections',
  '-fno-asynchronous-unwind-tables',
  '-fcf-protection=none',
]

/** Links the running source, and answers how the object's `f` is held against the image. */
function link(object: string, runs: string) {
  const folder = mkdtempSync(join(tmpdir(), 'hotsplice-code-'))
  try {
    const hidden = '#pragma GCC visibility push(hidden)\n'
    const original = compile(hidden + object, FLAGS, 'unit.c')
    writeFileSync(join(folder, 'other.o'), compile(OTHER, FLAGS, 'other.c'))
    writeFileSync(join(folder, 'unit.o'), compile(hidden + runs, FLAGS, 'unit.c'))
    const inFolder = ['-static', '-e', '0', '-Ttext=0x400000', '-o', 'image', 'other.o', 'unit.o']
    execFileSync('ld', inFolder, { cwd: folder, stdio: 'pipe' })
    const symbols = imageSymbols(readFileSync(join(folder, 'image')))
    const map = pieceMap(readElf<'original'>(original), { loader: XEN })
    const own = (image: RunningImage) => {
      const piece = map.pieces.find(({ name }) => name === 'f')
      if (piece === undefined) throw new Error('there is no f')
      return new UnitCode(map, 'unit.c', image).check(piece, symbols.lookup('f') ?? 0n)
    }
    return { symbols, own }
  } finally {
    rmSync(folder, { recursive: true })
  }
}

/** A linked program as if it were a hypervisor. */
function imageSymbols(bytes: Uint8Array): HypervisorSymbols {
  const elf = readElf<'original'>(bytes)
  const symbols: HypervisorSymbol[] = []
  let file = ''
  for (const { name, kind, binding, place, size } of elf.symbols) {
    if (kind === 'file') file = name
    const section = place.in === 'section' ? elf.sections[place.section] : undefined
    if (section === undefined || place.in !== 'section' || kind === 'section' || kind === 'file') continue
    const local = binding === 'local'
    const address = section.address + BigInt(place.offset)
    symbols.push({
      name: local ? `${file}#${name}` : name,
      plainName: name,
      file: local ? file : '',
      address,
      size,
      kind,
      local,
    })
  }
  const sectionAt = (address: bigint) =>
    elf.sections.find(
      each => each.address > 0n && address >= each.address && address < each.address + BigInt(each.size),
    )
  return toyHypervisor({
    symbols,
    lookup: name => symbols.find(symbol => symbol.name === name)?.address,
    symbolsAt: address => symbols.filter(symbol => symbol.address === address),
    symbolBefore: address => {
      const before = symbols.filter(symbol => symbol.address <= address)
      return before.toSorted((a, b) => Number(b.address - a.address))[0]
    },
    bytesAt: (address, size) => {
      const section = sectionAt(address)
      const offset = Number(address - (section?.address ?? 0n))
      return section === undefined || offset + size > section.size
        ? undefined
        : section.bytes.subarray(offset, offset + size)
    },
    memoryAt: address => ((sectionAt(address)?.flags ?? 0) & 1 ? 'writable' : 'read-only'),
    freedAfterBoot: () => false,
  })
}
