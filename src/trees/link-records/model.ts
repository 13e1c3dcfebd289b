/** One link as a build wrote it down; paths are absolute. */
export interface LinkRecord {
  readonly output: string
  /**
   * Whatever it may take code from: rather too much than too little. A library that is named without its folder (`-lx`) is
   * here as it is written.
   */
  readonly inputs: readonly string[]
  /** Another name for its inputs. */
  readonly isAlias?: boolean
}
