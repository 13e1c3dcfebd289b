/**
 * The *shifted* variant of a file: every line number it embeds is larger by `by`, and nothing else differs.
 *
 * The directive names no file, so `__FILE__` stays what the compiler would have it be. In assembly the same directive
 * works, because the preprocessor reads it there too.
 */
export function shiftLines(text: string, by: number): string {
  // gcc skips a byte order mark only where it is the very first thing.
  const mark = text.startsWith('\xef\xbb\xbf') ? 3 : 0
  return `${text.slice(0, mark)}#line ${1 + by}\n${text.slice(mark)}`
}
