/**
 * The one place through which everything goes that a command says. Words are shown, never obeyed, wherever they go: what
 * is piped today is on a terminal tomorrow. Data for other programs (a patch, a log, a path, JSON) goes out as it is,
 * except where a terminal is its reader.
 *
 * Our own colours must stay, and another's `ESC [31m` must not, though they are the same bytes. So ink is marks around
 * a text, of which nobody else can know how they begin, and here marks become colours after everything else is made
 * harmless.
 */
import { shownText } from '../base/printable.ts'
import type { Ink } from '../report/ink.ts'
import { crypto } from '../system/crypto.ts'

export interface Output {
  readonly isTTY?: boolean
  write(data: string | Uint8Array): boolean
}

/** Made for the first text that has ink; before that none has marks. */
let mark: string | undefined
const marked = (on: number, off: number) => (text: string) => {
  mark ??= crypto().randomBytes(16).toString('hex')
  return `${mark}${on}m${text}${mark}${off}m`
}

/** Codes of "select graphic rendition": what turns each on, and what turns it off. */
export const COLOURED: Ink = {
  strong: marked(1, 22),
  faint: marked(2, 22),
  good: marked(32, 39),
  bad: marked(31, 39),
  warn: marked(33, 39),
}

/** Writes words. False where the output would rather wait. */
export function say(output: Output, text: string): boolean {
  const shown = shownText(text)
  return output.write(mark === undefined ? shown : shown.replaceAll(mark, '\u001b['))
}

/** Writes what other programs read. */
export function deliver(output: Output, bytes: Uint8Array): boolean {
  if (output.isTTY !== true) return output.write(bytes)
  return output.write(shownText(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('utf8')))
}

/** Writes JSON: on a terminal the same value, without a character that acts. */
export function deliverJson(output: Output, json: string): boolean {
  return output.write(output.isTTY === true ? json.replace(/[\u007f-\u009f\p{Cf}\p{Zl}\p{Zp}]/gu, escaped) : json)
}

const escaped = (character: string) =>
  Array.from(
    { length: character.length },
    (_, at) => `\\u${character.charCodeAt(at).toString(16).padStart(4, '0')}`,
  ).join('')
