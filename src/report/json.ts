/** Values as JSON text, in one way for all commands: the same value gives the same text. */

/** Keys in the order in which the model names them; milliseconds with two decimals. */
export function toJson(value: unknown): string {
  return `${JSON.stringify(value, rounded, 2)}\n`
}

function rounded(_key: string, value: unknown): unknown {
  return typeof value === 'number' && !Number.isInteger(value) ? Math.round(value * 100) / 100 : value
}
