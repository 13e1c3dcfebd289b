/** Numbers that x86-64 code may give to somebody, by its bytes alone, without decoding: rather one too many. */

const OPERAND_SIZE = 0x66
/**
 * From an operand-size prefix to a two-byte number at most: an instruction has 15 bytes, and between the two may lie other
 * prefixes, REX, opcode, ModRM, SIB and displacement.
 */
const PREFIX_REACH = 13

/** Those that stand there, and what compilers make of them by a condition: of two numbers, code may only hold one. */
export function heldNumbers(code: Uint8Array): ReadonlySet<number> {
  const held = standingNumbers(code)
  const steps = stepsIn(code)
  for (const number of [...held]) for (const step of steps) held.add(number + step)
  return held
}

/** Any byte, any four in a row that hold less than they could, and two where an instruction may have such a number. */
function standingNumbers(code: Uint8Array): Set<number> {
  const held = new Set<number>()
  const mayBeShort = mayHoldShortNumber(code)
  for (const [at, low] of code.entries()) {
    held.add(low)
    const two = low + (code[at + 1] ?? 0) * 256
    if (code[at + 3] === 0) held.add(two + (code[at + 2] ?? 0) * 65536)
    if (mayBeShort(at)) held.add(two)
  }
  return held
}

/** Only behind an operand-size prefix does an instruction have a number of two bytes. To be asked for rising places. */
function mayHoldShortNumber(code: Uint8Array): (at: number) => boolean {
  let prefix = -PREFIX_REACH - 1
  let seen = 0
  return at => {
    for (; seen < at; seen++) if (code[seen] === OPERAND_SIZE) prefix = seen
    return at - prefix <= PREFIX_REACH
  }
}

/** `setcc` gives 0 or 1, which `lea` counts by these at most. */
const SCALED = [-1, 1, 2, 3, 4, 5, 8, 9]
/** A carry (`sbb`, `adc`) or a sign (`sar $31`) gives 0 or -1, or adds 1. */
const ONE = [-1, 1]

/**
 * How far what a condition makes of a number may lie from it. Of all ones or none (`sbb`, `sar`), an `and` leaves a number
 * or none.
 */
function stepsIn(code: Uint8Array): ReadonlySet<number> {
  const steps = new Set<number>()
  const view = new DataView(code.buffer, code.byteOffset, code.length)
  for (const [at, opcode] of code.entries()) {
    const [next = 0, last = 0] = [code[at + 1], code[at + 2]]
    const isOfRegister = next >= 0xc0
    const operation = (next >> 3) & 7
    if (opcode === 0x0f && (next & 0xf0) === 0x90) for (const step of SCALED) steps.add(step)
    const isCarry = (CARRIES.has(opcode) && isOfRegister) || CARRIES_OF_SUM.has(opcode)
    const isCarryOfNumber = WITH_NUMBER.has(opcode) && isOfRegister && (operation === ADC || operation === SBB)
    const isSign = opcode === 0xc1 && isOfRegister && (operation & 5) === 5 && last % 32 === 31
    if (isCarry || isCarryOfNumber || isSign) for (const step of ONE) steps.add(step)
    const isMask = WITH_NUMBER.has(opcode) && isOfRegister && operation === AND
    const mask = isMask ? numberAt(view, at + 2, opcode === 0x81 ? 4 : 1) : undefined
    const ofSum = opcode === 0x25 ? numberAt(view, at + 1, 4) : undefined
    for (const each of [mask, ofSum]) if (each !== undefined) steps.add(each).add(-each)
  }
  return steps
}

function numberAt(view: DataView, at: number, bytes: 1 | 4): number | undefined {
  if (at + bytes > view.byteLength) return undefined
  return bytes === 1 ? view.getInt8(at) : view.getInt32(at, true)
}

/** adc and sbb of two registers, or of eax and a number. */
const CARRIES: ReadonlySet<number> = new Set([0x11, 0x13, 0x19, 0x1b])
const CARRIES_OF_SUM: ReadonlySet<number> = new Set([0x15, 0x1d])
/** Of a register and a number; which operation it is, three bits of the next byte say. */
const WITH_NUMBER: ReadonlySet<number> = new Set([0x80, 0x81, 0x83])
const [ADC, SBB, AND] = [2, 3, 4]
