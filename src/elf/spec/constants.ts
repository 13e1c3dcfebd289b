/** Numbers of the ELF specification (System V gABI 4.1, chapters 4 and 5), in its own spelling. */
export const ELFCLASS32 = 1
export const ELFCLASS64 = 2
export const ELFDATA2LSB = 1
export const EV_CURRENT = 1
export const EHDR_SIZE = 64
export const PHDR_SIZE = 56
export const SHDR_SIZE = 64
export const SYM_SIZE = 24
export const RELA_SIZE = 24
export const CHDR_SIZE = 24

export const ET_REL = 1
export const ET_EXEC = 2
export const ET_DYN = 3
export const EM_386 = 3
export const EM_ARM = 40
export const EM_X86_64 = 62
export const EM_AARCH64 = 183
export const EM_RISCV = 243

export const SHT_NULL = 0
export const SHT_PROGBITS = 1
export const SHT_SYMTAB = 2
export const SHT_STRTAB = 3
export const SHT_RELA = 4
export const SHT_DYNAMIC = 6
export const SHT_NOTE = 7
export const SHT_NOBITS = 8
export const SHT_REL = 9
export const SHT_DYNSYM = 11
export const SHT_GROUP = 17
export const SHT_SYMTAB_SHNDX = 18
export const SHT_RELR = 19
/** LLVM's compact relocations. */
export const SHT_CREL = 0x4000_0014
export const SHT_ANDROID_REL = 0x6000_0001
export const SHT_ANDROID_RELA = 0x6000_0002
export const SHT_ANDROID_RELR = 0x6fff_ff00

export const SHF_WRITE = 0x1
export const SHF_ALLOC = 0x2
export const SHF_EXECINSTR = 0x4
export const SHF_MERGE = 0x10
export const SHF_STRINGS = 0x20
export const SHF_INFO_LINK = 0x40
export const SHF_GROUP = 0x200
export const SHF_TLS = 0x400
export const SHF_COMPRESSED = 0x800

export const ELFCOMPRESS_ZLIB = 1

/** e_phnum is too narrow: section 0 has the number. */
export const PN_XNUM = 0xffff

export const SHN_UNDEF = 0
export const SHN_LORESERVE = 0xff00
/** Linux, module-elf-format: whoever loads the patch resolves the symbol. */
export const SHN_LIVEPATCH = 0xff20
export const SHN_ABS = 0xfff1
export const SHN_COMMON = 0xfff2
export const SHN_XINDEX = 0xffff

export const STT_FUNC = 2
export const STT_FILE = 4
export const STT_TLS = 6

export const GRP_COMDAT = 1
export const NT_GNU_BUILD_ID = 3

export const DT_FLAGS_1 = 0x6fff_fffbn
export const DF_1_PIE = 0x0800_0000

export const PT_LOAD = 1
