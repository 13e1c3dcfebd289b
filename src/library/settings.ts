/** What every longer piece of work may be given, and its defaults. */
import { availableParallelism } from 'node:os'
import { cacheFolder } from '../system/cache.ts'

/** How a long piece of work tells that it lives. */
export interface Progress {
  /** A new step begins. */
  step(text: string): void
  /** Within the step: so many of so many are done. */
  tick(done: number, total: number): void
}

/** What every function that works on a tree or a machine takes besides. */
export interface WorkOptions {
  /**
   * Ends the work: what was started is stopped, folders are cleared, and the promise is rejected with the signal's reason.
   *
   * @default undefined
   */
  readonly signal?: AbortSignal | undefined
  /**
   * Where results are kept between runs: an absolute path, of a folder that others may not write to.
   *
   * @default HOTSPLICE_CACHE of the environment, or `hotsplice` in the user's cache folder
   */
  readonly cacheFolder?: string | undefined
}

/** What every function that compiles takes besides. */
export interface CompileOptions extends WorkOptions {
  /**
   * How many compilers may run at once.
   *
   * @default the number of processors
   */
  readonly jobs?: number | undefined
  /**
   * Told of each step.
   *
   * @default nobody is told
   */
  readonly progress?: Progress | undefined
  /**
   * Where the tree's compilers are, in words that they run behind: `chroot DIR`, `podman exec NAME`.
   *
   * @default here
   */
  readonly toolchain?: string | undefined
  /**
   * `INSIDE=OUTSIDE`: how a folder is called behind the toolchain, and here.
   *
   * @default everything is called the same
   */
  readonly toolchainPath?: readonly string[] | undefined
  /**
   * A JSON file that says both for each base, by its folder; a tree of which it says nothing is an error.
   *
   * @default none
   */
  readonly toolchainFile?: string | undefined
}

const quiet: Progress = { step: () => undefined, tick: () => undefined }

/** With all defaults. */
export interface Settings {
  readonly jobs: number
  readonly progress: Progress
  readonly cacheFolder: string
  readonly signal?: AbortSignal
  readonly toolchain?: string
  readonly toolchainPath?: readonly string[]
  readonly toolchainFile?: string
}

export function settingsOf(options: CompileOptions): Settings {
  const { signal, toolchain, toolchainPath, toolchainFile } = options
  return {
    ...given({ toolchain, toolchainPath, toolchainFile }),
    jobs: options.jobs ?? availableParallelism(),
    progress: options.progress ?? quiet,
    cacheFolder: options.cacheFolder ?? cacheFolder(),
    ...(signal === undefined ? {} : { signal }),
  }
}

/** Where the signal was given, its reason is what the caller gets, whatever the work made of it. */
export async function untilAborted<T>({ signal }: WorkOptions, work: () => Promise<T>): Promise<T> {
  signal?.throwIfAborted()
  try {
    const result = await work()
    signal?.throwIfAborted()
    return result
  } catch (error) {
    if (signal?.aborted === true) throw signal.reason
    throw error
  }
}

type Given<T> = { readonly [Key in keyof T]?: Exclude<T[Key], undefined> }

/** Only what was given: flows tell an option that is absent from one that is undefined. */
export function given<T extends object>(options: T): Given<T>
export function given(options: object): object {
  return Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined))
}
