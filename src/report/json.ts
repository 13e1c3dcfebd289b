/** Values as JSON text, in one way for all commands: the same value gives the same text. */

/**
 * The text that `--json` writes: keys in the order in which the model names them, milliseconds with two decimals.
 *
 * @param value a report, or any other plain data
 * @returns JSON, with a line end behind it
 * @throws never
 *
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import { toJson } from 'hotsplice/report'
 *
 * assert.equal(toJson({ time: 1.2345 }), '{\n  "time": 1.23\n}\n')
 * ```
 */
export function toJson(value: unknown): string {
  return `${JSON.stringify(value, rounded, 2)}\n`
}

/** For JSON of another form: what `toJson` makes of numbers. */
export function rounded(_key: string, value: unknown): unknown {
  return typeof value === 'number' && !Number.isInteger(value) ? Math.round(value * 100) / 100 : value
}
