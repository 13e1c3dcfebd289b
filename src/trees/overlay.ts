/** Texts (one character a byte) that replace or add files below `base` for one compile; null removes the file. */
export type Overlay = ReadonlyMap<string, string | null>
