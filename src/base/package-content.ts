/** A package that is to be made: what is in it, and who says so. */
export interface PackageContent {
  /** By their paths, without a slash in front. */
  readonly files: ReadonlyMap<string, Uint8Array>
  /** Symbolic links: where each leads to, by its path. */
  readonly links: ReadonlyMap<string, string>
  /** Those of `files` that a host's own text stands in place of. */
  readonly config: readonly string[]
  /** Folders that are the package's own, with all that is in them; other files are named one by one. */
  readonly folders: readonly string[]
  /** A line of shell, run before the package goes for good; where it fails, the package stays. */
  readonly beforeRemoval: string
}

export interface PackageFacts {
  readonly name: string
  readonly version: string
  /** `Name <address>`. */
  readonly maintainer: string
  /** In seconds since 1970: of every file in it. */
  readonly time: number
}
