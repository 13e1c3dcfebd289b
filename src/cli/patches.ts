/** Patches and sources as a command line gives them, for every command that takes some. */
import type { OwnSource } from '../flows/hotpatch/own-sources.ts'
import type { PatchText } from '../source/model.ts'
import { readText } from './files.ts'

/** Words for the option by which patches without prefixes, or with longer ones, are read. */
export const STRIP =
  'how many components to take off the names in the patch, as patch does (0 for names without a/, b/)'

/** In their order, one character a byte. */
export function readPatches(files: readonly string[], strip: number): readonly PatchText[] {
  return files.map(name => ({ name, text: readText(name, 'the patch', 'latin1'), strip }))
}

/** `FILE[@UNIT]`: a source, and whose folder it is compiled in. */
export function ownSource(text: string): Pick<OwnSource, 'name' | 'beside'> {
  const [, name = text, beside] = /^(.+)@(.+)$/.exec(text) ?? []
  return beside === undefined ? { name } : { name, beside }
}

export function readSources(texts: readonly string[]): readonly OwnSource[] {
  return texts.map(ownSource).map(each => ({ ...each, text: readText(each.name, 'the source', 'latin1') }))
}
