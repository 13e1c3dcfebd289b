/** C sources of a loader, as far as they are read for what kind of loader they make. */

export const withoutComments = (text: string) => text.replace(/\/\*[\s\S]*?\*\/|\/\/[^\n]*/g, ' ')

/** What stands between the brace that ends the first match and its partner; undefined where either is missing. */
export function bodyBehind(text: string, head: RegExp): string | undefined {
  const match = head.exec(text)
  if (match === null) return undefined
  const start = match.index + match[0].length
  let depth = 1
  for (let at = start; at < text.length; at++) {
    if (text[at] === '{') depth++
    else if (text[at] === '}' && --depth === 0) return text.slice(start, at)
  }
  return undefined
}
