/**
 * Build files of trees with compile_commands.json (CMakeLists.txt, Makefile, meson.build): what an edit means, as far as
 * it can be seen without running them. Lines that name a new or removed source say that; of any other line nobody knows.
 */

const BUILD_FILE =
  /(^|\/)(CMakeLists\.txt|Makefile[^/]*|GNUmakefile|makefile|meson\.build|meson_options\.txt|BUILD|SConstruct|SConscript|configure\.ac|[^/]*\.(cmake|mk|am|gn|gni|bazel|pro))$/

export function isBuildFile(path: string): boolean {
  return BUILD_FILE.test(path)
}

/**
 * Says whether nothing differs but the naming of these sources: the words of both texts, without the sources and without
 * whole lines that only add or remove one, are the same in the same order.
 */
export function onlyNames(before: string, after: string, sources: readonly string[]): boolean {
  const own = sources.flatMap(path => [nameOf(path), objectOf(path)])
  const old = new Set(linesOf(before))
  const now = new Set(linesOf(after))
  return restOf(linesOf(before), own, now).join(' ') === restOf(linesOf(after), own, old).join(' ')
}

/** The words that are left; `other` holds the other text's lines. */
function restOf(lines: readonly string[], own: readonly string[], other: ReadonlySet<string>): string[] {
  return lines.flatMap(line => {
    const words = line.split(/[\s()"',\\]+/).filter(word => word !== '')
    const rest = words.filter(word => !own.some(name => word === name || word.endsWith(`/${name}`)))
    const isListing = rest.length < words.length && !rest.some(word => word.startsWith('-'))
    return isListing && !other.has(line) && rest.length <= LISTING_WORDS ? [] : rest
  })
}

/** `OBJS += new.o`, `target_sources(app PRIVATE new.c)`: so many words say where a source belongs. */
const LISTING_WORDS = 3

function linesOf(text: string): string[] {
  return text
    .split(/\r?\n/)
    .map(line => line.replace(/#.*$/, '').trimEnd())
    .filter(line => line !== '')
}

/** Says whether a build file's text names a source, or the object made from it. */
export function names(text: string, source: string): boolean {
  return text.includes(nameOf(source)) || text.includes(objectOf(source))
}

function nameOf(source: string): string {
  return source.slice(source.lastIndexOf('/') + 1)
}

function objectOf(source: string): string {
  return nameOf(source).replace(/\.\w+$/, '.o')
}
