/** A word with a colour: the colour alone says nothing. */
export function Badge({ kind, text }: { kind: string; text?: string }) {
  return <span class={`badge ${kind}`}>{text ?? kind}</span>
}
