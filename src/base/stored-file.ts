/** A file of a folder that keeps contents by their digests. */
export interface StoredFile {
  /** Relative to the folder. */
  readonly file: string
  /** In hexadecimal. */
  readonly sha256: string
  readonly size: number
}
