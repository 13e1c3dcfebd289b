/** Numbers of the DWARF 5 standard that C needs, in the standard's spelling; and those that C++ adds to them for types. */

export const DW_TAG = {
  class_type: 0x02,
  array_type: 0x01,
  enumeration_type: 0x04,
  formal_parameter: 0x05,
  label: 0x0a,
  lexical_block: 0x0b,
  member: 0x0d,
  pointer_type: 0x0f,
  reference_type: 0x10,
  compile_unit: 0x11,
  structure_type: 0x13,
  subroutine_type: 0x15,
  typedef: 0x16,
  union_type: 0x17,
  unspecified_parameters: 0x18,
  inheritance: 0x1c,
  inlined_subroutine: 0x1d,
  ptr_to_member_type: 0x1f,
  subrange_type: 0x21,
  base_type: 0x24,
  const_type: 0x26,
  enumerator: 0x28,
  subprogram: 0x2e,
  variable: 0x34,
  volatile_type: 0x35,
  restrict_type: 0x37,
  namespace: 0x39,
  unspecified_type: 0x3b,
  rvalue_reference_type: 0x42,
  atomic_type: 0x47,
} as const

export const DW_AT = {
  location: 0x02,
  name: 0x03,
  byte_size: 0x0b,
  bit_offset: 0x0c,
  bit_size: 0x0d,
  stmt_list: 0x10,
  low_pc: 0x11,
  high_pc: 0x12,
  language: 0x13,
  comp_dir: 0x1b,
  const_value: 0x1c,
  upper_bound: 0x2f,
  abstract_origin: 0x31,
  artificial: 0x34,
  count: 0x37,
  data_member_location: 0x38,
  decl_file: 0x3a,
  decl_line: 0x3b,
  declaration: 0x3c,
  encoding: 0x3e,
  external: 0x3f,
  specification: 0x47,
  type: 0x49,
  ranges: 0x55,
  call_file: 0x58,
  call_line: 0x59,
  data_bit_offset: 0x6b,
  linkage_name: 0x6e,
  str_offsets_base: 0x72,
  addr_base: 0x73,
  rnglists_base: 0x74,
  alignment: 0x88,
} as const

export const DW_FORM = {
  addr: 0x01,
  block2: 0x03,
  block4: 0x04,
  data2: 0x05,
  data4: 0x06,
  data8: 0x07,
  string: 0x08,
  block: 0x09,
  block1: 0x0a,
  data1: 0x0b,
  flag: 0x0c,
  sdata: 0x0d,
  strp: 0x0e,
  udata: 0x0f,
  ref_addr: 0x10,
  ref1: 0x11,
  ref2: 0x12,
  ref4: 0x13,
  ref8: 0x14,
  ref_udata: 0x15,
  indirect: 0x16,
  sec_offset: 0x17,
  exprloc: 0x18,
  flag_present: 0x19,
  strx: 0x1a,
  addrx: 0x1b,
  ref_sup4: 0x1c,
  strp_sup: 0x1d,
  data16: 0x1e,
  line_strp: 0x1f,
  ref_sig8: 0x20,
  implicit_const: 0x21,
  loclistx: 0x22,
  rnglistx: 0x23,
  strx1: 0x25,
  strx2: 0x26,
  strx3: 0x27,
  strx4: 0x28,
  addrx1: 0x29,
  addrx2: 0x2a,
  addrx3: 0x2b,
  addrx4: 0x2c,
} as const

/** What an entry of a list of ranges is; its operands are in the name. */
export const DW_RLE = {
  end_of_list: 0x00,
  base_addressx: 0x01,
  startx_endx: 0x02,
  startx_length: 0x03,
  offset_pair: 0x04,
  base_address: 0x05,
  start_end: 0x06,
  start_length: 0x07,
} as const

/** DW_OP_*: an address; its number in the table of addresses; the size of what the operations before it found. */
export const DW_OP_ADDR = 0x03
export const DW_OP_PIECE = 0x93
export const DW_OP_ADDRX = 0xa1

/** DW_LANG_C_plus_plus, and those with the year of a standard. */
export const DW_LANG_CPLUSPLUS: ReadonlySet<number> = new Set([0x04, 0x1a, 0x21, 0x2b, 0x2c, 0x3a])

export const DW_UT_COMPILE = 0x01
export const DW_LNCT_PATH = 0x01
export const DW_LNCT_DIRECTORY = 0x02
/** DW_ATE_*: a signed number, a signed character. */
export const DW_ATE_SIGNED = 5
export const DW_ATE_SIGNED_CHAR = 6

const oneByOne = (first: number, last: number): readonly (readonly [number, 0])[] =>
  Array.from({ length: last - first + 1 }, (_, at) => [first + at, 0] as const)

/**
 * Operations that make a value of values, by their codes, with the bytes of their operands ('number': one in LEB128); see
 * DWARF 5, 7.7.1. None of them has an address, or refers to an entry.
 */
export const DW_OP_OPERANDS: ReadonlyMap<number, number | 'number'> = new Map<number, number | 'number'>([
  [0x06, 0], // deref
  [0x08, 1], // const1u, const1s, and so on to const8s
  [0x09, 1],
  [0x0a, 2],
  [0x0b, 2],
  [0x0c, 4],
  [0x0d, 4],
  [0x0e, 8],
  [0x0f, 8],
  [0x10, 'number'], // constu, consts
  [0x11, 'number'],
  ...oneByOne(0x19, 0x22), // abs to plus
  [0x23, 'number'], // plus_uconst
  ...oneByOne(0x24, 0x27), // shl to xor
  ...oneByOne(0x30, 0x4f), // lit0 to lit31
  [0x94, 1], // deref_size
  [0x9f, 0], // stack_value
])
