/** Functions or data that are not the same: a list with filter and order, and what is known of the chosen one. */
import { useMemo, useState } from 'preact/hooks'
import type { Entry } from '../src/report/model.ts'
import type { BuildView } from '../src/report/page/model.ts'
import { Detail } from './detail.tsx'
import { VirtualList } from './virtual-list.tsx'
import { Badge } from './words.tsx'

type Order = 'as built' | 'name' | 'unit' | 'verdict' | 'included'
const COLUMNS: readonly (readonly [Order, string])[] = [
  ['name', 'Name'],
  ['unit', 'Unit'],
  ['verdict', 'Verdict'],
  ['included', 'Payload'],
]
const ROW = 34

interface Choice {
  readonly text: string
  readonly verdict: string
  readonly included: string
  readonly order: Order
  readonly down: boolean
}

interface Props {
  readonly build: BuildView
  readonly entries: readonly Entry[]
  readonly id: string
  readonly title: string
}

export function Functions({ build, entries, id, title }: Props) {
  const { report } = build
  const [choice, choose] = useState<Choice>({ text: '', verdict: '', included: '', order: 'as built', down: false })
  const [active, activate] = useState(0)
  const [opened, open] = useState<Entry | undefined>(entries.length === 1 ? entries[0] : undefined)
  // Once for all, as soon as something is typed, which is looked for in each of them.
  const isAsked = choice.text !== ''
  const words = useMemo(
    () => (isAsked ? entries.map(({ name, unit }) => `${unit} ${name}`.toLowerCase()) : []),
    [entries, isAsked],
  )
  const rows = useMemo(() => chosen(entries, words, choice), [entries, words, choice])
  if (entries.length === 0) return null
  const change = (some: Partial<Choice>) => {
    choose({ ...choice, ...some })
    activate(0)
  }
  const select = (at: number) => {
    activate(at)
    open(rows[at])
  }
  const isBuild = report.command === 'build'
  return (
    <section aria-labelledby={id}>
      <h2 id={id}>{title}</h2>
      <Filter id={id} choice={choice} change={change} isBuild={isBuild} />
      <p class="count" role="status">
        {rows.length === entries.length ? `All ${entries.length}` : `${rows.length} of ${entries.length}`}
      </p>
      <Head choice={choice} change={change} isBuild={isBuild} />
      <VirtualList
        count={rows.length}
        rowHeight={ROW}
        most={12}
        label={`${title}; arrows move, Enter opens`}
        columns={isBuild ? 5 : 4}
        active={active}
        activate={activate}
        open={select}
        idOf={at => `${id}-${at}`}
        row={at => (
          <Row
            key={at}
            id={`${id}-${at}`}
            at={at}
            entry={rows[at]}
            isActive={at === active}
            isBuild={isBuild}
            isBuilt={report.outcome === 'built'}
            select={select}
          />
        )}
      />
      {opened !== undefined && <Detail key={`${opened.unit} ${opened.name}`} build={build} entry={opened} />}
    </section>
  )
}

function chosen(entries: readonly Entry[], words: readonly string[], choice: Choice): readonly Entry[] {
  const wanted = choice.text.toLowerCase().split(/\s+/).filter(Boolean)
  const rows = entries.filter(
    (entry, at) =>
      wanted.every(word => words[at]?.includes(word)) &&
      (choice.verdict === '' || entry.verdict === choice.verdict) &&
      (choice.included === '' || String(entry.included) === choice.included),
  )
  const { order } = choice
  if (order !== 'as built') {
    const key = (entry: Entry) => (order === 'included' ? (entry.included ? 'a' : 'b') : entry[order])
    // By code units: quick, and the same everywhere.
    rows.sort((a, b) => (key(a) < key(b) ? -1 : key(a) > key(b) ? 1 : 0))
  }
  return choice.down ? rows.reverse() : rows
}

interface FilterProps {
  readonly choice: Choice
  readonly change: (some: Partial<Choice>) => void
  readonly isBuild: boolean
}

function Filter({ id, choice, change, isBuild }: FilterProps & { id: string }) {
  return (
    <div class="filter">
      <label>
        Filter by name or unit
        <input
          type="search"
          id={`${id}-filter`}
          value={choice.text}
          onInput={event => change({ text: event.currentTarget.value })}
        />
      </label>
      <label>
        Verdict
        <select value={choice.verdict} onChange={event => change({ verdict: event.currentTarget.value })}>
          <option value="">all</option>
          {['changed', 'new', 'gone', 'line-only'].map(verdict => (
            <option key={verdict}>{verdict}</option>
          ))}
        </select>
      </label>
      {isBuild && (
        <label>
          Payload
          <select value={choice.included} onChange={event => change({ included: event.currentTarget.value })}>
            <option value="">all</option>
            <option value="true">in it</option>
            <option value="false">left out</option>
          </select>
        </label>
      )}
    </div>
  )
}

function Head({ choice, change, isBuild }: FilterProps) {
  const press = (order: Order) => change(choice.order === order ? { down: !choice.down } : { order, down: false })
  return (
    <fieldset class="row head">
      <legend class="unseen">Order</legend>
      {COLUMNS.filter(([order]) => isBuild || order !== 'included').map(([order, title]) => (
        <button
          key={order}
          type="button"
          class={order}
          aria-pressed={choice.order === order}
          onClick={() => press(order)}
        >
          {title}
          {choice.order === order ? (choice.down ? ' ▾' : ' ▴') : ''}
        </button>
      ))}
      <span class="why">First reason</span>
    </fieldset>
  )
}

interface RowProps {
  readonly id: string
  readonly at: number
  readonly entry: Entry | undefined
  readonly isActive: boolean
  readonly isBuild: boolean
  /** Whether there is a payload. */
  readonly isBuilt: boolean
  readonly select: (at: number) => void
}

const placeOf = ({ included }: Entry, isBuilt: boolean) => (included ? (isBuilt ? 'in it' : 'would be') : 'left out')

/** The list takes the keyboard; a row is for the pointer. */
function Row({ id, at, entry, isActive, isBuild, isBuilt, select }: RowProps) {
  if (entry === undefined) return null
  const { name, unit, verdict, reasons } = entry
  return (
    <div id={id} role="row" aria-rowindex={at + 1} aria-selected={isActive} class="row" onClick={() => select(at)}>
      <span role="gridcell" class="name mono">
        {name}
      </span>
      <span role="gridcell" class="unit mono">
        {unit}
      </span>
      <span role="gridcell" class="verdict">
        <Badge kind={verdict} />
      </span>
      {isBuild && (
        <span role="gridcell" class="included">
          {placeOf(entry, isBuilt)}
        </span>
      )}
      <span role="gridcell" class="why">
        {reasons[0]?.text}
      </span>
    </div>
  )
}
