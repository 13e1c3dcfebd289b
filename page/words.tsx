/** A word with a colour: the colour alone says nothing. */
export function Badge({ kind, text }: { kind: string; text?: string }) {
  return <span class={`badge ${kind}`}>{text ?? kind}</span>
}

/** `1 hunk`, `2 hunks`. */
export const counted = (count: number, what: string) => `${count} ${what}${count === 1 ? '' : 's'}`
