/**
 * The library: from a source patch to a payload, and everything around it. Each function takes one object of options with
 * defaults and returns plain data; docs/library.md shows them at work.
 */
export { InputError, type InputErrorCode } from './base/errors.ts'
export type { Reason, Refusal } from './base/refusal.ts'
export type {
  ActionName,
  ActionRequest,
  GetOutcome,
  Host,
  HostFacts,
  ListedPayload,
  ListOutcome,
  Outcome as HostOutcome,
  PayloadState,
  PayloadStatus,
  UploadRequest,
} from './hosts/host.ts'
export type {
  Downfall,
  HypervisorFacts,
  OperationResult,
  RehearsalOutcome,
  RehearsalResult,
} from './hosts/rehearsal/model.ts'
export { advise } from './library/advise.ts'
export { type AssistOptions, type AssistResult, assist } from './library/assist.ts'
export { type BuildOptions, type BuildResult, build, type PatchOptions, type SourceInput } from './library/build.ts'
export { type DiffOptions, diff } from './library/diff.ts'
export { type HostOptions, openHost } from './library/hosts.ts'
export type { FileInput, NamedPayload, OneOrMore, PayloadInput, TextInput } from './library/inputs.ts'
export { type ListLinesOptions, listLines } from './library/list-lines.ts'
export { type NeutralizeOptions, type NeutralizeResult, neutralize } from './library/neutralize.ts'
export { type RehearseOptions, rehearse } from './library/rehearse.ts'
export type { CompileOptions, Progress, WorkOptions } from './library/settings.ts'
export { type SignOptions, sign } from './library/sign.ts'
export { type AppliedReport, type TranslateOptions, type TranslateResult, translate } from './library/translate.ts'
export { type VerifyOptions, verify } from './library/verify.ts'
export type { Advice, WayAdvice } from './report/advice.ts'
export type { LogExample, LogWords } from './report/advice-logs.ts'
export type { AssistReport, LineToFill, PatchUpon, Unwritten, WayOut } from './report/assist-report.ts'
export { explain } from './report/explain.ts'
export { type Ink, PLAIN } from './report/ink.ts'
export { toJson } from './report/json.ts'
export type { LinesReport, ListedSite } from './report/lines-report.ts'
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
  Way,
} from './report/model.ts'
export type { NeutralReport, RewrittenFile } from './report/neutral-report.ts'
export { readReport } from './report/schema.ts'
export { summary } from './report/text.ts'
export type {
  Meaning as LogMeaning,
  Place as LogPlace,
  Printer as LogPrinter,
  Reference as LogReference,
  Source as LogSource,
  Translation,
  Version as LogVersion,
} from './report/translate/model.ts'
export {
  type CheckStatus,
  type Errno,
  type LinuxVersion,
  type Stage as VerifyStage,
  type Verdict as VerifyVerdict,
  type VerifyCheck,
  type VerifyReport,
  XEN_VERSIONS,
  type XenVersion,
} from './verify/model.ts'
