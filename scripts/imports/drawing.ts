/** The rooms of src/, and the imports between them, as the tidy test reads them. */
import { KNOWLEDGE, STAGES, SYSTEM } from '../../tests/tidy/imports.ts'
import { importsOf, product } from '../../tests/tidy/sources.ts'

/** From what users see down to what everything is made of. */
export const ROOMS: readonly string[] = [
  'index.ts',
  'cli',
  'library',
  'flows',
  'services',
  'hosts',
  ...STAGES.toReversed(),
  SYSTEM,
  ...KNOWLEDGE.toReversed(),
]

export interface Arrow {
  /** It imports something of `to`. */
  readonly from: string
  readonly to: string
  /** Nothing but types. */
  readonly typesOnly: boolean
}

/** Every pair of rooms of which one imports the other, in the order of ROOMS. */
export function arrows(): readonly Arrow[] {
  const found = new Map<string, Arrow>()
  for (const source of product) {
    const from = roomOf(source.path)
    for (const { target, typesOnly } of importsOf(source)) {
      if (!target.startsWith('src/') || roomOf(target) === from) continue
      const arrow = { from, to: roomOf(target), typesOnly }
      const known = found.get(`${from} ${arrow.to}`)
      found.set(`${from} ${arrow.to}`, { ...arrow, typesOnly: typesOnly && (known?.typesOnly ?? true) })
    }
  }
  return [...found.values()].toSorted((a, b) => rowOf(a.from) - rowOf(b.from) || rowOf(a.to) - rowOf(b.to))
}

function roomOf(path: string): string {
  const [, room = ''] = path.split('/')
  return room
}

function rowOf(room: string): number {
  const row = ROOMS.indexOf(room)
  if (row === -1) throw new Error(`${room} has no place in scripts/imports/drawing.ts`)
  return row
}

export const isUpward = ({ from, to }: Arrow) => rowOf(to) < rowOf(from)

const ROW = 28
const TOP = 40
const BOX = { left: 200, width: 120, height: 20 }
const COLORS = ['#1f77b4', '#d95f02', '#7570b3', '#e7298a', '#66a61e', '#a6761d', '#666666']
const RED = '#cc0000'

/** As SVG; the same arrows give the same bytes. */
export function drawing(all: readonly Arrow[]): string {
  const height = TOP + ROOMS.length * ROW + 10
  const up = all.filter(isUpward).length
  const title = `Imports between the rooms of src/: ${all.length} arrows, ${up} of them upwards. Dashed: types only.`
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="760" height="${height}" font-family="sans-serif" font-size="13">`,
    '<rect width="100%" height="100%" fill="white"/>',
    `<text x="20" y="22">${title}</text>`,
    ...all.map(arrowShape),
    ...ROOMS.map(roomShape),
    '</svg>',
    '',
  ].join('\n')
}

const middleOf = (row: number) => TOP + row * ROW + BOX.height / 2

function roomShape(room: string, row: number): string {
  const { left, width, height } = BOX
  const box = `<rect x="${left}" y="${middleOf(row) - height / 2}" width="${width}" height="${height}" rx="4" fill="#f4f4f4" stroke="#444444"/>`
  const text = `<text x="${left + width / 2}" y="${middleOf(row) + 4.5}" text-anchor="middle">${room}</text>`
  return `<g data-room="${room}">${box}${text}</g>`
}

/** A bow beside the boxes, the wider the farther; it ends in a head. */
function arrowShape(arrow: Arrow): string {
  const { from, to, typesOnly } = arrow
  const [start, end] = [rowOf(from), rowOf(to)]
  const side = isUpward(arrow) ? -1 : 1
  const x = side === 1 ? BOX.left + BOX.width : BOX.left
  const reach = x + side * (24 + 14 * Math.abs(end - start))
  // Those that begin or end at one box do so beside each other.
  const [a, b] = [middleOf(start) + 4, middleOf(end) - 4]
  const color = side === 1 ? COLORS[start % COLORS.length] : RED
  const bow = `<path d="M ${x} ${a} C ${reach} ${a} ${reach} ${b} ${x + side * 6} ${b}" fill="none"/>`
  const head = `<path d="M ${x} ${b} l ${side * 7} -3 v 6 z" fill="${color}" stroke="none"/>`
  const dashes = typesOnly ? ' stroke-dasharray="4 3"' : ''
  return `<g data-arrow="${from} ${to}" stroke="${color}" stroke-opacity="0.75"${dashes}>${bow}${head}</g>`
}
