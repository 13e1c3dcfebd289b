import { InternalError } from '../../base/errors.ts'

/**
 * A string table in which a string that ends another one shares its bytes: `.text` lies inside `.rela.text`.
 * The bytes depend on the set of strings alone, not on the order in which they came.
 */
export class NewStringTable {
  readonly bytes: Uint8Array
  readonly #offsets: ReadonlyMap<string, number>

  constructor(strings: Iterable<string>) {
    const offsets = new Map<string, number>([['', 0]])
    const parts = ['\0']
    let size = 1
    let previous = ''
    let previousEnd = 0
    const all = [...new Set(strings)]
    for (const text of all) checkName(text)
    // Sorted by their reverse, falling: whatever ends with a string comes directly before it.
    for (const reverse of all.map(reversed).sort(falling)) {
      if (reverse === '') continue
      const text = reversed(reverse)
      if (!previous.startsWith(reverse)) {
        parts.push(text, '\0')
        previousEnd = size + text.length
        size = previousEnd + 1
      }
      offsets.set(text, previousEnd - text.length)
      previous = reverse
    }
    this.bytes = Buffer.from(parts.join(''), 'latin1')
    this.#offsets = offsets
  }

  offsetOf(text: string): number {
    const offset = this.#offsets.get(text)
    if (offset === undefined) throw new InternalError(`the string ${JSON.stringify(text)} is not in the table`)
    return offset
  }
}

function reversed(text: string): string {
  return Buffer.from(text, 'latin1').reverse().toString('latin1')
}

/** By code units, so that no locale has a say. */
function falling(left: string, right: string): number {
  return left < right ? 1 : left > right ? -1 : 0
}

/** The reader takes each byte of a name as one character; the way back must be as exact. */
function checkName(name: string): void {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: NUL ends a string
  const at = name.search(/[\u0000\u0100-\uffff]/)
  if (at === -1) return
  const code = name.charCodeAt(at)
  throw new InternalError(`the name ${JSON.stringify(name)} has character ${code} at ${at}; 1 to 255 can be written`)
}
