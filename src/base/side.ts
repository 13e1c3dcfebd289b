/** Which of the three objects in a run an id belongs to. */
export type Side = 'original' | 'patched' | 'payload'

declare const owner: unique symbol

/** A number that means a thing of one kind on one side, and nothing elsewhere. */
export type Id<Kind extends string, S extends Side> = number & { readonly [owner]: readonly [Kind, S] }
