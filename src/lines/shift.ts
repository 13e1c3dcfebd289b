/**
 * The *shifted* variant of a file: every line number it embeds is larger by `by`, and nothing else differs.
 *
 * The directive names no file, so `__FILE__` stays what the compiler would have it be. In assembly the same directive
 * works, because the preprocessor reads it there too.
 */
export function shiftLines(text: string, by: number): string {
  return beginning(text, `#line ${1 + by}`)
}

/** The file under another name: what `__FILE__` is in it, and what messages call it. */
export function named(text: string, name: string): string {
  return beginning(text, `#line 1 "${name.replace(/[\\"]/g, '\\$&')}"`)
}

function beginning(text: string, directive: string): string {
  // gcc skips a byte order mark only where it is the very first thing.
  const mark = text.startsWith('\xef\xbb\xbf') ? 3 : 0
  return `${text.slice(0, mark)}${directive}\n${text.slice(mark)}`
}
