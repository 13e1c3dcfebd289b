/** Small parts that several of the page have. */
import type { ComponentChildren } from 'preact'

/** A word with a colour: the colour alone says nothing. */
export function Badge({ kind, text }: { kind: string; text?: string }) {
  return <span class={`badge ${kind}`}>{text ?? kind}</span>
}

/** What may be wider than the page and longer than a screen: it is scrolled by itself, by the keyboard too. */
export function Wide({ label, children }: { label: string; children: ComponentChildren }) {
  return (
    <div class="wide" tabIndex={0} role="group" aria-label={label}>
      {children}
    </div>
  )
}

/** `1 hunk`, `2 hunks`. */
export const counted = (count: number, what: string) => `${count} ${what}${count === 1 ? '' : 's'}`
