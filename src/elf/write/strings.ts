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
    // Sorted by their reverse, falling: whatever ends with a string comes directly before it.
    for (const reverse of [...new Set(strings)].map(reversed).sort(falling)) {
      if (reverse === '') continue
      const text = reversed(reverse)
      if (!previous.startsWith(reverse)) {
        checkName(text)
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
  let reverse = ''
  for (let at = text.length - 1; at >= 0; at--) reverse += text.charAt(at)
  return reverse
}

/** By code units, so that no locale has a say. */
function falling(left: string, right: string): number {
  return left < right ? 1 : left > right ? -1 : 0
}

/** The reader takes each byte of a name as one character; the way back must be as exact. */
function checkName(name: string): void {
  for (let at = 0; at < name.length; at++) {
    const code = name.charCodeAt(at)
    if (code === 0 || code > 0xff) {
      throw new InternalError(
        `the name ${JSON.stringify(name)} has character ${code} at ${at}; 1 to 255 can be written`,
      )
    }
  }
}
