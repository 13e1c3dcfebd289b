/**
 * Where verify and the real Xen may differ, and why. Anything else that differs is a defect of verify.
 *
 * They are of two kinds. The judge calls two functions and looks at what they return: damage that neither touches is not
 * seen. And a payload whose own code was changed into other code is a right payload as far as any loader can tell.
 */
import type { VerifyReport } from '../../src/verify/index.ts'
import type { XenVerdict } from './judge.ts'

export interface Exception {
  readonly reason: string
  readonly applies: (report: VerifyReport, xen: XenVerdict) => boolean
}

/** Verify says that it would crash once it runs; Xen came through what the judge asked for. */
const unnoticed =
  (...codes: readonly string[]): Exception['applies'] =>
  (report, xen) =>
    report.errno === 'crash' && xen.errno === null && codes.includes(report.decidedBy ?? '')

/** Xen took the payload and died in its code; one of these was done to it. */
const ownCode =
  (...names: readonly RegExp[]): Exception['applies'] =>
  (report, xen) =>
    report.accepted && xen.errno === 'crash' && xen.step !== 'upload' && names.some(name => name.test(xen.name))

export const EXCEPTIONS: readonly Exception[] = [
  {
    reason: 'a section was loaded over another one; nothing that the judge calls needs what was overwritten',
    applies: unnoticed('section-overlap'),
  },
  {
    reason: 'a jump was written into code or data that the judge does not call, and taken back by the revert',
    applies: unnoticed('function-old-place'),
  },
  {
    reason: 'relocations of code that the judge does not call were not done',
    applies: unnoticed('relocation-dropped'),
  },
  {
    reason: 'the payload refers to memory where something else is mapped',
    applies: unnoticed('symbol-range'),
  },
  {
    reason: 'an alternative overwrote the end of its function, which ran on into the next one and came back from there',
    applies: unnoticed('alternatives-padding'),
  },
  {
    reason: 'from 4.18 on: the build-id lies in memory that Xen has freed, and is read again only for a payload on top',
    applies: (report, xen) => unnoticed('kept-sections')(report, xen) && xen.name.endsWith('/.note.gnu.build-id'),
  },
  {
    reason: "the payload's code was relocated against another place, or not at all, as some right payload may be",
    applies: ownCode(/^relocation\/\.rela\.text-/, /^relocation\/random-/, /^section\/\.rela\.text-size-0$/),
  },
  {
    reason: 'a symbol was moved to another place in the payload, as some right payload may have it',
    applies: ownCode(/^symbol\/.*-(value|section)-/, /^symbol\/random-/),
  },
  {
    reason: 'other replacement code, as some right payload may have it',
    applies: ownCode(/^relocation\/\.rela\.altinstructions-/, /^section\/\.altinstr_replacement-offset-/),
  },
  {
    reason: 'variables share their place with what follows, because their section is said to be smaller',
    applies: ownCode(/^section\/\.(data|bss)-size-/, /^section\/random-/),
  },
]
