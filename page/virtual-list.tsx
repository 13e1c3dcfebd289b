/**
 * A list of which only those rows are made that are seen: 50,000 open as fast as 50. On paper all are there, up to a limit
 * that is said.
 */
import type { ComponentChildren } from 'preact'
import { useEffect, useLayoutEffect, useRef, useState } from 'preact/hooks'

const PRINTED = 2000
const BEYOND = 8

export interface VirtualListProps {
  readonly count: number
  /** Of each row, in pixels. */
  readonly rowHeight: number
  /** Rows that are seen at once, at most. */
  readonly most: number
  readonly row: (at: number) => ComponentChildren
  readonly label: string
  /** The row that the keyboard is on, and what follows it; a list without is only scrolled. */
  readonly active?: number
  readonly activate?: (at: number) => void
  readonly open?: (at: number) => void
  readonly idOf?: (at: number) => string
  readonly header?: ComponentChildren
  readonly columns?: number
  /** Scrolled to when it changes. */
  readonly scrollTo?: number | undefined
}

function usePrinting(): boolean {
  const [printing, print] = useState(false)
  useEffect(() => {
    const [before, after] = [() => print(true), () => print(false)]
    addEventListener('beforeprint', before)
    addEventListener('afterprint', after)
    return () => {
      removeEventListener('beforeprint', before)
      removeEventListener('afterprint', after)
    }
  }, [])
  return printing
}

export function VirtualList(props: VirtualListProps) {
  const { count, rowHeight, most, active, scrollTo } = props
  const place = useRef<HTMLDivElement>(null)
  const [top, setTop] = useState(0)
  const printing = usePrinting()
  const height = Math.min(count, most) * rowHeight
  useLayoutEffect(() => {
    if (active !== undefined && place.current !== null) reveal(place.current, active * rowHeight, rowHeight)
  }, [active])
  useLayoutEffect(() => {
    if (scrollTo !== undefined && place.current !== null) place.current.scrollTop = scrollTo * rowHeight
  }, [scrollTo])
  // A shorter list may end above where the longer one was scrolled to.
  const start = Math.min(top, Math.max(0, count * rowHeight - height))
  const first = printing ? 0 : Math.max(0, Math.floor(start / rowHeight) - BEYOND)
  const last = printing ? Math.min(count, PRINTED) : Math.min(count, Math.ceil((start + height) / rowHeight) + BEYOND)
  const isMade = (at: number) => at >= first && at < last
  const scrolling = {
    class: 'virtual',
    tabIndex: 0,
    ref: place,
    style: { height: printing ? 'auto' : `${height + 2}px` },
    onScroll: (event: { readonly currentTarget: HTMLElement }) => setTop(event.currentTarget.scrollTop),
  }
  const rows = (
    <div class="inner" style={{ height: printing ? 'auto' : `${count * rowHeight}px` }} role="presentation">
      <div style={{ transform: `translateY(${first * rowHeight}px)` }} role="presentation">
        {Array.from({ length: Math.max(0, last - first) }, (_, index) => props.row(first + index))}
      </div>
    </div>
  )
  return (
    <>
      {props.activate === undefined ? (
        <div {...scrolling} role="group" aria-label={props.label}>
          {rows}
        </div>
      ) : (
        <div
          {...scrolling}
          tabIndex={0}
          role="grid"
          aria-label={props.label}
          aria-rowcount={count}
          aria-colcount={props.columns}
          aria-activedescendant={isMade(active ?? 0) ? props.idOf?.(active ?? 0) : undefined}
          onKeyDown={event => moved(event, props)}
        >
          {rows}
        </div>
      )}
      {printing && count > PRINTED && <p>… and {count - PRINTED} more, which are not printed.</p>}
    </>
  )
}

/** Scrolls by no more than it takes to see the row. */
function reveal(box: HTMLElement, top: number, height: number) {
  if (top < box.scrollTop) box.scrollTop = top
  else if (top + height > box.scrollTop + box.clientHeight) box.scrollTop = top + height - box.clientHeight
}

function moved(event: KeyboardEvent, { count, most, active = 0, activate, open }: VirtualListProps) {
  if (activate === undefined) return
  const steps: Readonly<Record<string, number>> = {
    ArrowDown: active + 1,
    ArrowUp: active - 1,
    PageDown: active + most - 1,
    PageUp: active - most + 1,
    Home: 0,
    End: count - 1,
  }
  const to = steps[event.key]
  if (to !== undefined) activate(Math.max(0, Math.min(count - 1, to)))
  else if (event.key === 'Enter' || event.key === ' ') open?.(active)
  else return
  event.preventDefault()
}
