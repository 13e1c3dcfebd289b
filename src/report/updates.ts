/** What hosts find their payloads by: the JSON of `hotsplice publish`, and its file updates.json; docs/schema/publish.json says the same. */
import * as v from 'valibot'

export interface Updates {
  readonly schema: 1
  readonly command: 'publish'
  /** Of hotsplice. */
  readonly version: string
  /** When, as whoever publishes says. */
  readonly date: string
  /** Relative to this file. */
  readonly advisories: readonly string[]
  readonly bases: readonly UpdatesOfBase[]
  /** Bases whose build-id nobody knows: no host can find anything for them. */
  readonly unknown: readonly string[]
}

interface UpdatesOfBase {
  readonly buildId: string
  readonly name: string
  /** To be applied in this order. */
  readonly payloads: readonly {
    readonly fix: string
    readonly ids: readonly string[]
    /** Relative to this file. */
    readonly file: string
    /** Of the file, with its signature. */
    readonly sha256: string
    readonly buildId: string
    /** The build-id of what it is applied upon; null where it asks for nothing. */
    readonly depends: string | null
  }[]
  readonly lacking: readonly { readonly fix: string; readonly code: string; readonly text: string }[]
}

const text = v.string()

export const updates: v.GenericSchema<Updates> = v.object({
  schema: v.literal(1),
  command: v.literal('publish'),
  version: text,
  date: text,
  advisories: v.array(text),
  bases: v.array(
    v.object({
      buildId: text,
      name: text,
      payloads: v.array(
        v.object({
          fix: text,
          ids: v.array(text),
          file: text,
          sha256: text,
          buildId: text,
          depends: v.nullable(text),
        }),
      ),
      lacking: v.array(v.object({ fix: text, code: text, text })),
    }),
  ),
  unknown: v.array(text),
})
