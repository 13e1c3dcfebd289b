/** What a fleet's run needs of the world; the command line hands it in, and tests hand in what they watch. */
import type { StoredFile } from '../../base/stored-file.ts'
import type { FleetCell } from '../../report/fleet-index.ts'
import type { RehearsalView } from '../../report/page/model.ts'
import type { Run } from '../../trees/index.ts'
import type { CellName } from './job.ts'

/** The folder of results. What it gives back was held against its digest. */
export interface FleetFolder {
  readonly put: (content: Uint8Array, ending: string) => StoredFile
  /** Undefined where it is not there whole. */
  readonly get: (file: StoredFile) => Uint8Array | undefined
  /** What was kept under a key; undefined where nothing was. */
  readonly recall: (key: string) => unknown
  readonly keep: (key: string, value: unknown) => void
  /** Lets people find files by names: a folder each, with exactly these files in it, and no other folders. */
  readonly show: (folders: ReadonlyMap<string, ReadonlyMap<string, StoredFile>>) => void
  /** Where `show` lets people find a file of a cell. */
  readonly shownAt: (folder: string, name: string) => string
  /** The index that the last run wrote, as JSON. */
  readonly lastIndex: () => unknown
  readonly writeIndex: (text: string) => void
}

export interface RehearsalRequest {
  readonly hypervisor: string
  /** In the order of the stack. */
  readonly payloads: readonly { readonly name: string; readonly bytes: Uint8Array }[]
  readonly script: string | undefined
  readonly cpus: number
  readonly timeoutMs: number
  readonly signal: AbortSignal | undefined
}

export interface FleetWorld {
  /** Throws where the file cannot be read. */
  readonly readFile: (path: string) => Uint8Array
  readonly folder: FleetFolder
  readonly rehearse: (request: RehearsalRequest) => Promise<RehearsalView>
  /** A build's report for a browser. */
  readonly page: (input: PageRequest) => string
  /** One for all that is started. */
  readonly run: Run
  readonly cacheFolder: string
  readonly watch: FleetWatch
}

/** Both as the JSON that was stored. */
export interface PageRequest {
  readonly report: Uint8Array
  readonly rehearsal: Uint8Array | undefined
}

/** How a run tells that it lives. */
export interface FleetWatch {
  /** What is to be done, and what is known already, before anything is. */
  readonly planned: (cells: readonly PlannedCell[]) => void
  /** A cell has come so far. */
  readonly began: (cell: CellName, step: 'building' | 'rehearsing') => void
  readonly ended: (cell: FleetCell) => void
}

/** What a run would do with a cell, and why. */
export interface PlannedCell extends CellName {
  readonly todo: 'build' | 'rehearse' | 'nothing'
  readonly why: string
}
