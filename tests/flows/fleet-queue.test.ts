/** The pool over a queue, with a queue and a store in memory: what it believes, whom it asks again, and what it calls an error. */
import { createHash } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import type { FleetJob, JobDone } from '../../src/flows/fleet/job.ts'
import { laneOfJob } from '../../src/flows/fleet/queue/lane.ts'
import type {
  ContentStore,
  QueueHearing,
  Ticket,
  TicketState,
  WorkerCard,
  WorkQueue,
} from '../../src/flows/fleet/queue/model.ts'
import { queuePool } from '../../src/flows/fleet/queue/pool.ts'
import { keepRecord } from '../../src/flows/fleet/queue/records.ts'
import type { FleetFolder } from '../../src/flows/fleet/world.ts'
import { createPool, quiet } from '../../src/trees/index.ts'

const digestOf = (content: Uint8Array) => createHash('sha256').update(content).digest('hex')

function memoryStore() {
  const contents = new Map<string, Uint8Array>()
  const lists = new Map<string, Set<string>>()
  const store: ContentStore = {
    id: 'a-store',
    put: async content => {
      contents.set(digestOf(content), content)
      return digestOf(content)
    },
    get: async digest => contents.get(digest),
    add: async (key, digest) => void lists.set(key, new Set([...(lists.get(key) ?? []), digest])),
    under: async key => [...(lists.get(key) ?? [])],
  }
  return { store, contents }
}

/** What a worker makes of a ticket: an answer, or nothing, as one that has died. */
type Work = (ticket: {
  readonly job: string
  readonly copy: number
  readonly notBy: readonly string[]
}) => Promise<object | undefined>

/** Tickets are worked on as soon as they are there; `forget` is what a Redis does that begins anew. */
function memoryQueue(workers: readonly WorkerCard[], work: Work) {
  const states = new Map<string, TicketState>()
  const added: Ticket[] = []
  let hearing: QueueHearing | undefined
  const queue: WorkQueue = {
    add: async ticket => {
      if (states.get(ticket.id)?.kind === 'there') return
      added.push(ticket)
      states.set(ticket.id, { kind: 'there' })
      void work(JSON.parse(ticket.text)).then(answer => {
        if (answer === undefined) return
        states.set(
          ticket.id,
          'why' in answer
            ? { kind: 'failed', why: String(answer.why) }
            : { kind: 'ended', answer: JSON.stringify(answer) },
        )
        hearing?.ended(ticket.id)
      })
    },
    stateOf: async ({ id }) => states.get(id) ?? { kind: 'gone' },
    remove: async ({ id }) => void states.delete(id),
    listen: heard => {
      hearing = heard
    },
    workers: async () => workers,
    close: async () => undefined,
  }
  return { queue, added, forget: () => states.clear(), look: () => hearing?.look() }
}

const job: FleetJob = {
  ...{ key: 'k', cell: { base: 'b', fix: 'f' }, isUrgent: true, tree: 't', given: [], patches: [] },
  base: { tree: '/tree', target: 'process', makeArgs: [] },
  options: { version: '1.2.3', output: 'f.livepatch', lines: 'ignore' },
  stack: { below: [], replaced: undefined, loses: [] },
}

/** As a worker makes it, all its files in the store. */
async function built(store: ContentStore, payload: string, compiler = 'gcc'): Promise<JobDone> {
  const file = async (text: string, ending: string) => {
    const content = Buffer.from(text)
    return { file: `x${ending}`, sha256: await store.put(content), size: content.length }
  }
  return {
    kind: 'done',
    built: {
      ...{ outcome: 'built', refusals: [], functions: 1, buildId: null },
      report: await file('{}', '.json'),
      payload: { ...(await file(payload, '.livepatch')), buildId: 'ff', runs: null, depends: null },
      debugFile: null,
      surroundings: { files: [], folders: [], compilers: [{ name: compiler, folder: '/', key: compiler }] },
    },
  }
}

const card = (name: string): WorkerCard => ({
  ...{ name, version: '1.2.3', store: 'a-store', toolchain: '' },
  lane: laneOfJob(job, 'a-store'),
})

function poolWith(
  make: (store: ContentStore) => Work,
  { checkEvery = 0, signal }: { checkEvery?: number; signal?: AbortSignal } = {},
) {
  const { store, contents } = memoryStore()
  const memory = memoryQueue([card('one'), card('two')], make(store))
  const taken: string[] = []
  const notes: string[] = []
  const folder: Pick<FleetFolder, 'put'> = {
    put: (content, ending) => {
      taken.push(Buffer.from(content).toString('utf8'))
      return { file: `content${ending}`, sha256: digestOf(content), size: content.length }
    },
  }
  const watch = { planned: () => undefined, began: () => undefined, ended: () => undefined }
  const run = { pool: createPool(1), progress: quiet, signal }
  const pool = queuePool({
    ...{
      queue: memory.queue,
      store,
      watch,
      run,
      checkEvery,
      isSending: false,
      readFile: () => new Uint8Array(),
      note: text => notes.push(text),
    },
    folder: folder as FleetFolder,
  })
  return { pool, store, contents, taken, notes, ...memory }
}

const by = (name: string, record: string) => ({ by: name, record })
const codeOf = (done: JobDone) => (done.kind === 'error' ? done.error.code : done.kind)

describe('a pool over a queue', () => {
  test('takes what is in the store into its own folder', async () => {
    const { pool, taken } = poolWith(
      store =>
        async ({ job: digest }) =>
          by('one', await keepRecord(digest, await built(store, 'P'), store)),
    )
    expect(await pool.submit(job)).toMatchObject({
      kind: 'done',
      built: { payload: { file: 'content.livepatch', buildId: 'ff' } },
    })
    expect(taken.sort()).toEqual(['P', '{}'])
    expect(await pool.end()).toEqual([])
  })

  test.for([
    { what: 'no such record', spoil: async () => 'ab'.repeat(32) },
    {
      what: 'a record of another job',
      spoil: async (store: ContentStore) => keepRecord('cd'.repeat(32), await built(store, 'P'), store),
    },
    { what: 'something else', spoil: async (store: ContentStore) => store.put(Buffer.from('{')) },
  ])('asks another worker where there is $what, and gives up after three', async ({ spoil }) => {
    const asked: (readonly string[])[] = []
    const first = poolWith(store => async ({ job: digest, notBy }) => {
      asked.push(notBy)
      return notBy.length === 0
        ? by('one', await spoil(store))
        : by('two', await keepRecord(digest, await built(store, 'P'), store))
    })
    expect(codeOf(await first.pool.submit(job))).toBe('done')
    expect(asked).toEqual([[], ['one']])
    const never = poolWith(
      store =>
        async ({ notBy }) =>
          by(`w${notBy.length}`, await spoil(store)),
    )
    expect(await never.pool.submit(job)).toMatchObject({
      kind: 'error',
      error: { code: 'fleet/wrong-result', text: expect.stringContaining('w0, w1, w2') },
    })
  })

  test('a record whose payload is gone is not right', async () => {
    const { pool, notes } = poolWith(store => async ({ job: digest, notBy }) => {
      if (notBy.length > 0) return by('two', await keepRecord(digest, await built(store, 'P'), store))
      const lost = await built({ ...store, put: async content => digestOf(content) }, 'P')
      return by('one', await keepRecord(digest, lost, store))
    })
    expect(codeOf(await pool.submit(job))).toBe('done')
    expect(notes).toEqual([expect.stringContaining('what one answered is not in the store')])
  })

  test('asks again what the queue has forgotten', async () => {
    let deaths = 0
    const { pool, forget, look } = poolWith(
      store =>
        async ({ job: digest }) =>
          deaths++ === 0 ? undefined : by('two', await keepRecord(digest, await built(store, 'P'), store)),
    )
    const done = pool.submit(job)
    await expect.poll(() => deaths).toBe(1)
    forget()
    look()
    expect(codeOf(await done)).toBe('done')
  })

  test('two results that differ are an error, whoever was first', async () => {
    const { pool } = poolWith(store => async ({ job: digest }) => {
      await keepRecord(digest, await built(store, 'P'), store)
      return by('two', await keepRecord(digest, await built(store, 'Q'), store))
    })
    const done = await pool.submit(job)
    expect(done).toMatchObject({
      kind: 'error',
      error: { code: 'fleet/two-results', text: expect.stringContaining('all that was read is the same') },
    })
  })

  test('what was there before from another compiler is none', async () => {
    const { pool } = poolWith(store => async ({ job: digest }) => {
      await keepRecord(digest, await built(store, 'P', 'gcc of yesterday'), store)
      return by('two', await keepRecord(digest, await built(store, 'Q'), store))
    })
    expect(codeOf(await pool.submit(job))).toBe('done')
  })

  test('a second result that comes later and differs revokes the first', async () => {
    let digest = ''
    const { pool, store } = poolWith(store => async ticket => {
      digest = ticket.job
      return by('one', await keepRecord(digest, await built(store, 'P'), store))
    })
    expect(codeOf(await pool.submit(job))).toBe('done')
    // The same once more is nothing new.
    await keepRecord(digest, await built(store, 'P'), store)
    await keepRecord(digest, await built(store, 'Q'), store)
    expect(await pool.end()).toMatchObject([{ job: { key: 'k' }, error: { code: 'fleet/two-results' } }])
  })

  test.for([
    { second: 'P', compiler: 'gcc', code: 'done' },
    { second: 'Q', compiler: 'gcc', code: 'fleet/two-results' },
    { second: 'Q', compiler: 'another', code: 'fleet/two-results' },
  ])(
    'every second job is done by another worker too: $second by $compiler is $code',
    async ({ second, compiler, code }) => {
      const { pool, added } = poolWith(
        store =>
          async ({ job: digest, copy, notBy }) => {
            expect(notBy).toEqual(copy === 1 ? [] : ['one'])
            const done = copy === 1 ? await built(store, 'P') : await built(store, second, compiler)
            return by(copy === 1 ? 'one' : 'two', await keepRecord(digest, done, store))
          },
        { checkEvery: 2 },
      )
      expect(codeOf(await pool.submit(job))).toBe('done')
      expect(added).toHaveLength(1)
      expect(codeOf(await pool.submit({ ...job, key: 'other' }))).toBe(code)
      expect(added).toHaveLength(3)
    },
  )

  test('a worker’s error, and workers that die of it, are errors of that job', async () => {
    const error = { code: 'build/compiler-failed', text: 'no', trail: [], hint: null }
    expect(await poolWith(() => async () => ({ by: 'one', error })).pool.submit(job)).toEqual({ kind: 'error', error })
    const { pool } = poolWith(() => async () => ({ why: 'job stalled more than allowable limit' }))
    expect(await pool.submit(job)).toMatchObject({ kind: 'error', error: { code: 'fleet/workers-lost' } })
  })

  test('a run that is stopped waits for nobody', async () => {
    const controller = new AbortController()
    const { pool } = poolWith(() => async () => undefined, { signal: controller.signal })
    const done = pool.submit(job)
    controller.abort(new Error('stopped'))
    await expect(done).rejects.toThrow('stopped')
  })
})
