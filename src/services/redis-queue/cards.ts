/** What workers say of themselves: a key each, which goes when nobody renews it. */
import type { Redis } from 'ioredis'
import { PREFIX } from './connection.ts'

const BEAT_MS = 2_000
const LIFE_MS = 5 * BEAT_MS

export interface Card {
  readonly name: string
  readonly version: string
  readonly store: string
  readonly toolchain: string
  readonly lane: string
}

const keyOf = (name: string): string => `${PREFIX}-worker:${name}`

/** Says it until the function that is returned is called. */
export function showCard(redis: Redis, card: Card): () => Promise<void> {
  const say = () => redis.set(keyOf(card.name), JSON.stringify(card), 'PX', LIFE_MS).catch(() => undefined)
  void say()
  const beat = setInterval(() => void say(), BEAT_MS)
  return async () => {
    clearInterval(beat)
    await redis.del(keyOf(card.name)).catch(() => undefined)
  }
}

export async function cardsShown(redis: Redis): Promise<readonly Card[]> {
  const keys: string[] = []
  for (let cursor = '0'; ; ) {
    const [next, found] = await redis.scan(cursor, 'MATCH', keyOf('*'), 'COUNT', 1000)
    keys.push(...found)
    if (next === '0') break
    cursor = next
  }
  if (keys.length === 0) return []
  const texts = await redis.mget([...new Set(keys)].sort())
  return texts.flatMap(text => cardIn(text) ?? [])
}

function cardIn(text: string | null): Card | undefined {
  try {
    const { name, version, store, toolchain, lane }: Record<string, unknown> = JSON.parse(text ?? '')
    const card = { name: String(name), version: String(version), store: String(store), toolchain: String(toolchain) }
    return { ...card, lane: String(lane) }
  } catch {
    return undefined
  }
}
