/**
 * What gcc and clang say under `-H`: each header as it is opened, behind as many dots as it is deep, and at the end those
 * of them that gcc would have guarded. It stands among the compiler's other words.
 */
export const NAME_HEADERS = '-H'

const HEADER = /^\.+ (.+)$/gm
/** The first line of gcc's list, and the lines of it. */
const UNGUARDED = /^Multiple include guards may be useful for:\n((?:.+\n?)*)/m

/** The names as they were spelled. */
export function headersNamed(said: string): readonly string[] {
  return [...said.matchAll(HEADER)].map(([, name = '']) => name)
}

/** The other words; of the list at the end goes only what was named before. */
export function withoutHeaders(said: string): string {
  const named = new Set(headersNamed(said))
  const rest = said.replace(/^\.+ .+\n?/gm, '')
  return rest.replace(UNGUARDED, (_, list: string) => {
    const lines = list.split('\n')
    const end = lines.findIndex(line => !named.has(line))
    return lines.slice(end === -1 ? lines.length : end).join('\n')
  })
}
