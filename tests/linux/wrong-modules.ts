/** Modules with something wrong in them, each made from a right one by one edit of its bytes. */
import { Random } from '../verify/random.ts'

interface Section {
  readonly index: number
  readonly name: string
  /** Of its header. */
  readonly header: number
  readonly offset: number
  readonly size: number
}

interface Symbol {
  readonly name: string
  readonly at: number
  readonly nameAt: number
  readonly section: number
}

export interface WrongModule {
  readonly what: string
  readonly bytes: Buffer
}

class Module {
  readonly bytes: Buffer
  readonly #random: Random

  constructor(bytes: Uint8Array, random: Random) {
    this.bytes = Buffer.from(bytes)
    this.#random = random
  }

  one<T>(list: readonly T[]): T {
    const found = list[this.#random.below(list.length)]
    if (found === undefined) throw new Error('there is nothing to choose from')
    return found
  }

  get sections(): readonly Section[] {
    const start = Number(this.bytes.readBigUInt64LE(40))
    const names = start + this.bytes.readUInt16LE(62) * 64
    const strings = Number(this.bytes.readBigUInt64LE(names + 24))
    return Array.from({ length: this.bytes.readUInt16LE(60) }, (_, index) => {
      const header = start + index * 64
      const [offset, size] = [24, 32].map(at => Number(this.bytes.readBigUInt64LE(header + at)))
      return {
        index,
        name: this.text(strings + this.bytes.readUInt32LE(header)),
        header,
        offset: offset ?? 0,
        size: size ?? 0,
      }
    })
  }

  section(name: string): Section {
    const found = this.sections.find(each => each.name === name)
    if (found === undefined) throw new Error(`the module has no ${name}`)
    return found
  }

  text(at: number): string {
    return this.bytes.toString('latin1', at, this.bytes.indexOf(0, at))
  }

  get symbols(): readonly Symbol[] {
    const [table, strings] = [this.section('.symtab'), this.section('.strtab')]
    return Array.from({ length: table.size / 24 }, (_, index) => {
      const at = table.offset + index * 24
      const nameAt = strings.offset + this.bytes.readUInt32LE(at)
      return { name: this.text(nameAt), at, nameAt, section: this.bytes.readUInt16LE(at + 6) }
    })
  }

  /** Where the entries of a table of relocations are. */
  entries(table: string): readonly number[] {
    const { offset, size } = this.section(table)
    return Array.from({ length: size / 24 }, (_, index) => offset + index * 24)
  }

  /** Where the field is that the entry fills. */
  fieldOf(table: string, entry: number): number {
    const { header } = this.section(table)
    const base = this.sections[this.bytes.readUInt32LE(header + 44)]
    return (base?.offset ?? 0) + Number(this.bytes.readBigUInt64LE(entry))
  }

  /** Puts another text of at most that length in the place of the first that is there. */
  replace(before: string, after: string): void {
    const at = this.bytes.indexOf(before, 0, 'latin1')
    if (at === -1 || after.length > before.length) throw new Error(`${before} cannot be replaced`)
    this.bytes.fill(0, at, at + before.length)
    this.bytes.write(after, at, 'latin1')
  }
}

const TEXT = '.rela.text'
const PATCH = '.rela.data.livepatch'
const PLAIN = [TEXT, PATCH, '.rela.init.text', '.rela.orc_unwind_ip', '.rela.gnu.linkonce.this_module']
const R_NONE = 0

const type = (module: Module, entry: number, value: number) => module.bytes.writeUInt32LE(value, entry + 8)
/** Of struct klp_patch and what follows it, by the order in which the patch's tables are written. */
const patchField = (at: number) => (module: Module) => {
  const { offset } = module.section('.data.livepatch')
  const entry = module.entries(PATCH).find(each => module.fieldOf(PATCH, each) === offset + at)
  if (entry === undefined) throw new Error(`no relocation is at ${at} of the tables`)
  type(module, entry, R_NONE)
}
/** The module with a table beside its code whose last entry is half there; undefined where it has no such table. */
export function withHalfAnEntry(right: Uint8Array, table: string): Buffer | undefined {
  const module = new Module(right, new Random(1))
  const found = module.sections.find(({ name }) => name === table)
  if (found === undefined) return undefined
  module.bytes.writeBigUInt64LE(BigInt(found.size - 2), found.header + 32)
  return module.bytes
}

/** The module with an entry of the table that is about a place far from its code. */
export function withStrayEntry(right: Uint8Array, table: string): Buffer {
  const module = new Module(right, new Random(1))
  const [entry = 0] = module.entries(`.rela${table}`)
  module.bytes.writeBigInt64LE(1n << 20n, entry + 16)
  return module.bytes
}

const header = (at: number, value: number) => (module: Module) => void module.bytes.writeUInt16LE(value, at)
const words = (before: string, after: string) => (module: Module) => module.replace(before, after)
const livepatchSymbol = (edit: (module: Module, symbol: Symbol) => void) => (module: Module) =>
  edit(module, module.one(module.symbols.filter(({ name }) => name.startsWith('.klp.sym.'))))
const versionsEntry = (edit: (module: Module, at: number) => void) => (module: Module) => {
  const { offset, size } = module.section('__versions')
  edit(module, offset + 64 * module.one(Array.from({ length: size / 64 }, (_, index) => index)))
}
const symbol =
  (edit: (module: Module, symbol: Symbol) => void, isOne: (symbol: Symbol) => boolean) => (module: Module) =>
    edit(module, module.one(module.symbols.slice(1).filter(isOne)))

const SIZES = { patch: 200, object: 168, func: 152 }
const FUNCS = SIZES.patch + 2 * SIZES.object

type Edit = (module: Module) => unknown

const signed =
  (tail: (size: number) => readonly number[], signature = Buffer.alloc(40, 7)): Edit =>
  module =>
    Buffer.concat([
      module.bytes,
      signature,
      Buffer.from(tail(signature.length)),
      Buffer.from('~Module signature appended~\n'),
    ])
const tail =
  (kind: number, ...first: readonly number[]) =>
  (size: number) => [...(first.length > 0 ? first : [0, 0]), kind, 0, 0, 0, 0, 0, 0, 0, 0, size]

const EDITS: readonly (readonly [what: string, edit: Edit])[] = [
  [
    'a type of relocation that the kernel does not know',
    m => type(m, m.one(m.entries(m.one(PLAIN))), m.one([9, 26, 42, 100])),
  ],
  [
    'a field that holds something already',
    m => {
      const table = m.one(PLAIN)
      m.bytes.writeUInt8(1, m.fieldOf(table, m.one(m.entries(table))))
    },
  ],
  [
    'two relocations of one field',
    m => {
      const entries = m.entries(TEXT)
      m.bytes.copy(m.bytes, entries[1], entries[0], (entries[0] ?? 0) + 24)
    },
  ],
  ['an address that does not fit', m => type(m, m.one(m.entries('.rela.init.text').slice(0, 2)), 10)],
  [
    'a checksum of another one',
    versionsEntry((m, at) => m.bytes.writeUInt32LE((m.bytes.readUInt32LE(at) ^ 0x10101) >>> 0, at)),
  ],
  ['a name without a checksum', versionsEntry((m, at) => m.bytes.write('x', at + 8, 'latin1'))],
  ['no checksums at all', words('__versions', '__versionx')],
  ['another release', m => m.replace('vermagic=6.', 'vermagic=7.')],
  ['another option', words(' SMP ', ' smp ')],
  ['no version', words('vermagic=', 'vermagix=')],
  ['no livepatch word', words('livepatch=Y', 'livepatx=Y')],
  ['another licence', words('license=GPL', 'license=MIT')],
  ['a licence of the list', words('license=GPL\0livepatch=Y', 'license=GPL\0livepatch=N')],
  [
    'an unknown name for the live patching core',
    livepatchSymbol((m, { nameAt }) => m.bytes.write('Q', nameAt + 17, 'latin1')),
  ],
  [
    'another position',
    livepatchSymbol((m, { nameAt, name }) => m.bytes.write(m.one(['1', '7']), nameAt + name.length - 1, 'latin1')),
  ],
  ['a name of another form', livepatchSymbol((m, { nameAt }) => m.bytes.write('x', nameAt + m.one([1, 5]), 'latin1'))],
  ['a symbol that is not marked', livepatchSymbol((m, { at }) => m.bytes.writeUInt16LE(m.one([0, 0xfff1]), at + 6))],
  ['a table of the live patching core that is called otherwise', words('.klp.rela.vmlinux', '.klp.relx.vmlinux')],
  [
    'a table of the live patching core without its flag',
    m => {
      const { header: at } = m.section('.klp.rela.vmlinux..init.text')
      m.bytes.writeUInt32LE(2, at + 8)
    },
  ],
  ['another magic number', m => void m.bytes.writeUInt8(0x7e, 0)],
  ['another type of file', header(16, 2)],
  ['another machine', header(18, 183)],
  ['entries of sections of another size', header(58, 40)],
  ['too many sections', header(60, 0xfff0)],
  ['names of sections in no section', header(62, 0)],
  ['names of sections in another section', header(62, 200)],
  ['a section past the end', m => m.bytes.writeBigUInt64LE(1n << 30n, m.one(m.sections.slice(1)).header + 32)],
  ['a section that is written and run', m => void m.bytes.writeUInt32LE(7, m.section('.text').header + 8)],
  [
    'strings of symbols in no section',
    m => void m.bytes.writeUInt32LE(m.one([0, 900]), m.section('.symtab').header + 40),
  ],
  ['no table of symbols', m => void m.bytes.writeUInt32LE(1, m.section('.symtab').header + 4)],
  ['no structure of the module', words('.gnu.linkonce.this_module', '.gnu.linkonce.this_modulf')],
  ['relocations without addends', m => void m.bytes.writeUInt32LE(9, m.section(m.one(PLAIN)).header + 4)],
  [
    'another build-id',
    m => {
      const { offset, size } = m.section('.rodata.livepatch')
      m.bytes.writeUInt8(m.bytes.readUInt8(offset + size - 3) ^ 4, offset + size - 3)
    },
  ],
  ['an unknown function', words('cmdline_proc_show\0', 'cmdline_proc_sjow')],
  [
    'a function without a place of ftrace’s',
    m => m.replace('cmdline_proc_show', m.one(['memcpy', 'memset', 'entry_SYSCALL_64'])),
  ],
  [
    'a position of the function',
    m => void m.bytes.writeUInt8(m.one([1, 2, 9]), m.section('.data.livepatch').offset + FUNCS + 16),
  ],
  ['no name of the function', patchField(FUNCS)],
  ['no code of the function', patchField(FUNCS + 8)],
  ['no module of the patch', patchField(0)],
  ['no objects of the patch', patchField(8)],
  ['no functions of the object', patchField(SIZES.patch + 8)],
  [
    'a symbol that is not exported',
    symbol(
      (m, { nameAt }) => m.bytes.write('Q', nameAt, 'latin1'),
      ({ section, name }) => section === 0 && name !== '',
    ),
  ],
  [
    'a symbol in no section',
    symbol(
      (m, { at }) => m.bytes.writeUInt16LE(m.one([0x300, 0xfff2]), at + 6),
      ({ section }) => section > 0 && section < 0x100,
    ),
  ],
  ['nothing that runs at first', m => type(m, m.entries('.rela.gnu.linkonce.this_module')[0] ?? 0, R_NONE)],
  ['a mark alone', m => Buffer.concat([m.bytes, Buffer.from('~Module signature appended~\n')])],
  ['a signature that is too long', signed(size => tail(2)(size).map((byte, at) => (at === 8 ? 0x7f : byte)))],
  ['a signature of another kind', signed(tail(1))],
  ['a signature with a hash in its header', signed(tail(2, 0, 4))],
  ['a signature that is none', signed(tail(2))],
  ['a file that is cut', m => m.bytes.subarray(0, Math.floor((m.bytes.length * m.one([1, 3, 5, 7, 9])) / 10))],
]

/** `count` of them, kind after kind; the same for the same seed. */
export function wrongModules(right: Uint8Array, seed: number, count: number): readonly WrongModule[] {
  return Array.from({ length: count }, (_, at) => {
    const [what, edit] = EDITS[(at + seed) % EDITS.length] ?? ['nothing', () => undefined]
    const module = new Module(right, new Random(seed * 1000 + at))
    const made = edit(module)
    return { what: `${at}: ${what}`, bytes: Buffer.isBuffer(made) ? made : module.bytes }
  })
}
