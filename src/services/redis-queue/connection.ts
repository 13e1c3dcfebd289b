/** The way to a Redis: whether it is there and lets us in is known before anything is done. */
import { Redis, type RedisOptions } from 'ioredis'
import { InputError } from '../../base/errors.ts'

/** All that is ours in a Redis begins with it. */
export const PREFIX = 'hotsplice'

const PATIENCE_MS = 5_000

export interface QueueAddress {
  /** `redis://[USER[:PASSWORD]@]HOST[:PORT][/NUMBER]`; rediss for TLS. */
  readonly url: string
  /** Where it is not in the URL, which everybody on this machine can see. */
  readonly password: string | undefined
}

/** Throws `InputError` where it cannot be reached, or is none; later it is waited for, however long it is away. */
export async function connect({ url, password }: QueueAddress): Promise<Redis> {
  const options: RedisOptions = { maxRetriesPerRequest: null, ...(password === undefined ? {} : { password }) }
  const where = placeIn(url)
  await tryOnce(url, where, options)
  return new Redis(url, { ...options, retryStrategy: times => Math.min(times * 100, 2_000) })
}

/** Without the password. */
function placeIn(url: string): string {
  let parsed: URL
  try {
    parsed = new URL(url)
  } catch {
    throw notUrl()
  }
  if (!['redis:', 'rediss:'].includes(parsed.protocol) || parsed.hostname === '') throw notUrl()
  return `${parsed.protocol}//${parsed.host}${parsed.pathname}`
}

const notUrl = () =>
  new InputError('cli/usage', 'the queue is not the URL of a Redis', 'for example redis://build-queue.example:6379')

async function tryOnce(url: string, where: string, options: RedisOptions): Promise<void> {
  const more = { lazyConnect: true, connectTimeout: PATIENCE_MS, retryStrategy: () => null }
  const redis = new Redis(url, { ...options, ...more, maxRetriesPerRequest: 0 })
  let heard: Error | undefined
  redis.on('error', error => (heard ??= error))
  try {
    await redis.connect()
    await redis.ping()
  } catch (error) {
    throw refused(where, heard ?? (error instanceof Error ? error : new Error(String(error))))
  } finally {
    redis.disconnect()
  }
}

function refused(where: string, { message, ...rest }: Error): InputError {
  const text = message === '' && 'code' in rest ? String(rest.code) : message
  if (/WRONGPASS|NOAUTH|invalid password|invalid username/i.test(text)) {
    return new InputError(
      'fleet/no-queue',
      `the Redis at ${where} does not let us in: ${text}`,
      'give the password in HOTSPLICE_REDIS_PASSWORD, and the user, where there is one, in the URL',
    )
  }
  return new InputError(
    'fleet/no-queue',
    `there is no Redis at ${where} that answers: ${text}`,
    'see that it runs, and that this machine may reach it',
  )
}
