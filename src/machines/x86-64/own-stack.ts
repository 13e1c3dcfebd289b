/**
 * Whether what code writes is surely in its own stack frame. RSP leads there until something else is put into it; RBP only
 * in code that gives it the stack's pointer and never anything else: where frames are not kept by it (-fomit-frame-pointer),
 * it is a pointer like any other. An index may lead out of the frame.
 *
 * In doubt a write goes elsewhere, and is told.
 */
import type * as iced from 'iced-x86'
import { type Decoded, instructionsOf } from './instructions.ts'
import { decoderLibrary } from './library.ts'

export interface OwnStack {
  /** Of each instruction in the order of their addresses: whether what it writes lies in the frame. */
  next(decoded: Decoded): boolean
}

export function ownStack(code: Uint8Array): OwnStack {
  const { FlowControl, Register } = decoderLibrary()
  const bases = Array.from(instructionsOf(code), ({ instruction, info }) => puts(instruction, info()))
  const isStack = !bases.some(({ stack }) => stack === 'other')
  const isKept = isStack && !bases.some(({ frame }) => frame === 'other')
  let isFrame = false
  let wasSet = false
  return {
    next: ({ instruction, info }) => {
      const { memoryBase, memoryIndex, flowControl } = instruction
      const isBase = memoryBase === Register.RSP ? isStack : memoryBase === Register.RBP && isFrame
      const { frame } = puts(instruction, info())
      wasSet ||= frame === 'stack'
      if (frame !== 'kept') isFrame = isKept && frame === 'stack'
      // Behind a way out comes what is jumped to, where it is as everywhere.
      const isEnd = flowControl === FlowControl.Return || flowControl === FlowControl.UnconditionalBranch
      if (isEnd) isFrame = isKept && wasSet
      return isBase && memoryIndex === Register.None
    },
  }
}

interface Puts {
  /** RSP: `other` is what need not lead into the frame. */
  readonly stack: 'kept' | 'other'
  /** RBP: `callers` is what it was before. */
  readonly frame: 'kept' | 'stack' | 'callers' | 'other'
}

function puts(instruction: iced.Instruction, info: iced.InstructionInfo): Puts {
  const { Mnemonic, OpAccess, OpKind, Register, RegisterExt } = decoderLibrary()
  const { mnemonic, op0Register, op1Register, memoryBase, memoryIndex } = instruction
  const used = info.usedRegisters()
  const written = new Set(
    used
      .filter(({ access }) => access !== OpAccess.Read && access !== OpAccess.CondRead)
      .map(({ register }) => RegisterExt.fullRegister(register)),
  )
  for (const each of used) each.free()
  info.free()
  const isMove = mnemonic === Mnemonic.Mov && instruction.op1Kind === OpKind.Register
  const isBack = mnemonic === Mnemonic.Leave || (mnemonic === Mnemonic.Pop && op0Register === Register.RBP)
  const frame = isMove && op0Register === Register.RBP && op1Register === Register.RSP ? 'stack' : 'other'
  // What pushes, pops and calls moves RSP without naming it.
  const isNamed = instruction.op0Kind === OpKind.Register && op0Register === Register.RSP
  const steps: readonly number[] = [Mnemonic.Add, Mnemonic.Sub, Mnemonic.And, Mnemonic.Push]
  const isNear = memoryIndex === Register.None && [Register.RSP, Register.RBP].includes(memoryBase)
  const isOwn =
    steps.includes(mnemonic) || (mnemonic === Mnemonic.Lea && isNear) || (isMove && op1Register === Register.RBP)
  return {
    stack: isNamed && written.has(Register.RSP) && !isOwn ? 'other' : 'kept',
    frame: !written.has(Register.RBP) ? 'kept' : isBack ? 'callers' : frame,
  }
}
