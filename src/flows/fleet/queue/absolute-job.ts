/** A job as another process can carry it out: whatever it names, it names from the root. */
import { resolve } from 'node:path'
import type { FleetJob, JobStack, StackedFile } from '../job.ts'

export function absoluteJob(job: FleetJob): FleetJob {
  const { base, given, options, stack } = job
  const { config, buildDir } = base
  const { symbols, on, besides } = options
  return {
    ...job,
    base: {
      ...base,
      tree: resolve(base.tree),
      ...(config === undefined ? {} : { config: resolve(config) }),
      ...(buildDir === undefined ? {} : { buildDir: resolve(buildDir) }),
    },
    given: given.map(([path, digest]) => [resolve(path), digest]),
    options: {
      ...options,
      ...(symbols === undefined ? {} : { symbols: resolve(symbols) }),
      ...(on === undefined ? {} : { on: on.map(path => resolve(path)) }),
      ...(besides === undefined ? {} : { besides: besides.map(path => resolve(path)) }),
    },
    stack: absoluteStack(stack),
  }
}

function absoluteStack({ below, replaced, loses }: JobStack): JobStack {
  const absolute = (file: StackedFile) => ({ ...file, path: resolve(file.path) })
  return { below: below.map(absolute), replaced: replaced?.map(absolute), loses }
}
