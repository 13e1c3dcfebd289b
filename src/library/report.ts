/** Reports as data and as text, without what makes them: the entry `hotsplice/report`. */
export { InputError, type InputErrorCode } from '../base/errors.ts'
export { withShownNames } from '../base/printable.ts'
export type { Reason, Refusal } from '../base/refusal.ts'
export { errorReport, reportedError } from '../report/error-report.ts'
export { explain } from '../report/explain.ts'
export { type Ink, PLAIN } from '../report/ink.ts'
export { toJson } from '../report/json.ts'
export type {
  BlamedHunk,
  CodeLines,
  Details,
  EmbeddedLine,
  Entry,
  Explanation,
  FileLines,
  IncludedPiece,
  LeftInitCode,
  LineRun,
  Lines,
  ListedCode,
  Listing,
  NotCompared,
  Outcome,
  ReportedBase,
  ReportedError,
  ReportedPatch,
  ReportedPayload,
  ReportedTarget,
  ReportedUnit,
  RunReport,
  SourceText,
  TextBetween,
  TextFunction,
  TextFunctions,
  Way,
} from '../report/model.ts'
export { REPORT_SCHEMA } from '../report/model.ts'
export { readReport } from '../report/schema.ts'
export { summary } from '../report/text.ts'
