/** What a line number in a log means, as plain values. */
import type { RunReport } from '../model.ts'

/** A payload that was applied, or may be, by the report of its build. */
export interface Layer {
  /** As the running system calls it, as far as the user said. */
  readonly name: string
  readonly report: RunReport
  /** Lines of its code by its debug file, by function and offset, where there is one. */
  readonly debug?: CodeLookup | undefined
}

/** A line of code, by function name (or `file.c#name`) and offset. */
export type CodeLookup = (name: string, offset: number) => { readonly file: string; readonly line: number } | undefined

/** Positions in the list of layers, in the order in which they were applied. */
export type Applied = readonly number[]

/** Whose source a line is counted in: the one before every patch, or the patched one of a payload. */
export type Version = { readonly is: 'original' } | { readonly is: 'patched'; readonly payload: string }

/** A line of a source file, in one version of it. */
export interface Place {
  readonly file: string
  readonly line: number
  readonly version: Version
}

/** Code that can have printed it. No functions: which one is not known. */
export interface Printer {
  /** Null: code of the running system that was not replaced. */
  readonly payload: string | null
  readonly functions: readonly string[]
}

/** One thing that a place in a log can mean. */
export interface Meaning {
  readonly place: Place
  readonly printers: readonly Printer[]
}

/** Something in a log that names a place, and all that it can mean; exactly one where it is certain. */
export interface Reference {
  /** Of the log, from 1. */
  readonly logLine: number
  /** As it stands there. */
  readonly text: string
  readonly meanings: readonly Meaning[]
}

/** Which source the reader has before him. */
export type Source = 'patched' | 'original'

/** The JSON of `hotsplice translate`. */
export interface Translation {
  readonly schema: 1
  readonly command: 'translate'
  /** Of hotsplice. */
  readonly version: string
  readonly outcome: 'done'
  readonly source: Source
  readonly payloads: readonly { readonly name: string; readonly report: string; readonly buildId: string | null }[]
  /** Everything in the log that names a place in a touched file; certain where there is one meaning. */
  readonly references: readonly Reference[]
}
