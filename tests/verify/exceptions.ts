/**
 * Where verify and the real Xen may differ, and why. Anything else that differs is a defect of verify.
 *
 * They are of two kinds. The judge calls two functions and looks at what they return: damage that neither touches is not
 * seen. And a payload whose own code was changed into other code is a right payload as far as any loader can tell.
 */
import type { VerifyReport } from '../../src/verify/index.ts'
import type { XenVerdict } from './judge.ts'
import type { Touched } from './touched.ts'

export interface Exception {
  readonly reason: string
  /** `touched` is what the payload differs in from the right one: whoever made it wrong has no say. */
  readonly applies: (report: VerifyReport, xen: XenVerdict, touched: readonly Touched[]) => boolean
}

/** Verify says that it would crash once it runs; Xen came through what the judge asked for. */
const unnoticed =
  (...codes: readonly string[]): Exception['applies'] =>
  (report, xen) =>
    report.errno === 'crash' && xen.errno === null && codes.includes(report.decidedBy ?? '')

/** Xen took the payload and died in its code; nothing but this was done to it. */
const ownCode =
  (isHarmless: (touched: Touched) => boolean): Exception['applies'] =>
  (report, xen, touched) =>
    report.accepted && xen.errno === 'crash' && xen.step !== 'upload' && touched.length > 0 && touched.every(isHarmless)

const isSmaller = (touched: Touched, section: RegExp) =>
  touched.in === 'section header' &&
  touched.field === 'size' &&
  touched.to < touched.from &&
  section.test(touched.section)

const CODE = /^\.rela\.text/
/** Pointers that only the payload's own code follows. */
const DATA = /^\.rela\.(data|rodata)/

const isReplacement = (touched: Touched) =>
  touched.in === 'content'
    ? touched.section === '.rela.altinstructions'
    : isSmaller(touched, /^\.altinstr_replacement$/)

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
    reason: "on AArch64: the judge's processor has not the feature, so that the alternative is skipped",
    applies: (report, xen, touched) =>
      (unnoticed('alternatives-lengths')(report, xen, touched) &&
        report.checks.some(
          ({ code, text }) => code === report.decidedBy && text.includes('on a processor that has'),
        )) ||
      // What is put in place, by an entry that no judge's processor asks for; the oldest loader looks at no entry itself.
      (unnoticed('alternatives-blank', 'alternatives-ranges')(report, xen, touched) && touched.every(isReplacement)),
  },
  {
    reason: 'from 4.18 on: the build-id lies in memory that Xen has freed, and is read again only for a payload on top',
    applies: (report, xen, touched) =>
      unnoticed('kept-sections')(report, xen, touched) &&
      touched.every(each => each.in === 'section header' && each.section === '.note.gnu.build-id'),
  },
  {
    reason: 'a field leads into code that is replaced; the judge does not go there, or came back from it',
    applies: unnoticed('old-code'),
  },
  {
    reason: "the payload's code was relocated against another place, or not at all, as some right payload may be",
    applies: ownCode(each => (each.in === 'content' && CODE.test(each.section)) || isSmaller(each, CODE)),
  },
  {
    reason:
      "the payload's data was relocated against another place, or a pointer in it filled by half, as a number of its own might be",
    applies: ownCode(each => each.in === 'content' && DATA.test(each.section)),
  },
  {
    reason: 'a symbol was moved to another place in the payload, as some right payload may have it',
    applies: ownCode(each => each.in === 'symbol' && (each.field === 'value' || each.field === 'section')),
  },
  {
    reason: 'other replacement code, as some right payload may have it',
    applies: ownCode(
      each =>
        (each.in === 'content' && each.section === '.rela.altinstructions') ||
        (each.in === 'section header' && each.section === '.altinstr_replacement' && each.field === 'offset'),
    ),
  },
  {
    reason: 'variables share their place with what follows, because their section is said to be smaller',
    applies: ownCode(each => isSmaller(each, /^\.(data|bss)/)),
  },
]
