/** Something that cannot be hotpatched, as data. All of a run's refusals are shown together; none of them is thrown. */
export interface Refusal {
  /** In lower case with dashes: `changed-data`. docs/findings has a page of that name. */
  readonly code: string
  /** The object's path below the build folder, or the source file's where no object is concerned. */
  readonly unit: string
  /** Empty where the refusal is about a file or section as a whole. */
  readonly symbol: string
  /** What is so, with the values. */
  readonly text: string
  /** The way out. */
  readonly hint: string
  /** What in the patched source causes it, where that is known; relative to the tree's base. */
  readonly place?: { readonly file: string; readonly line: number }
}

/** Why something was decided, as data: tests assert the code, people read the text. */
export interface Reason {
  readonly code: string
  readonly text: string
}
