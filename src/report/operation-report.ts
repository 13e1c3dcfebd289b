/** The report of an operation on a host, as plain data. */

/** What is asked of a host; the four actions, and what is made of them and of the other three operations. */
export type OperationName = 'upload' | 'get' | 'list' | 'apply' | 'revert' | 'replace' | 'unload' | 'load' | 'symbols'

/** A payload on a host, as the host tells it. */
export interface PayloadOnHost {
  readonly name: string
  readonly state: string
  /** Of its last action. */
  readonly rc: number
  readonly metadata: string
  /** Where the host tells it: Xen tells names only. */
  readonly buildId?: string | null
}

/** What came of an operation. */
export interface Performed {
  /** 0 or more, or a negative errno. */
  readonly result: number
  readonly words: readonly string[]
  /** Measured by the host. */
  readonly numbers?: Readonly<Record<string, number>>
  /** The payload's, where the host knows it. */
  readonly buildId?: string | null
  /** Build-id of what runs there, where the operation asks for it. */
  readonly runs?: string | null
  readonly payloads?: readonly PayloadOnHost[]
}

/** The JSON of the commands for hosts. */
export interface OperationReport {
  readonly schema: 1
  readonly command: OperationName
  /** Of hotsplice. */
  readonly version: string
  /** As `--host` has it. */
  readonly host: string
  readonly outcome: 'done' | 'failed'
  /** Null where it is about all of them. */
  readonly payload: string | null
  readonly result: number
  readonly errno: string | null
  readonly words: readonly string[]
  readonly numbers?: Readonly<Record<string, number>>
  readonly runs?: string | null
  readonly payloads?: readonly PayloadOnHost[]
}

export interface OperationFacts {
  readonly name: OperationName
  readonly version: string
  readonly host: string
  /** Empty where it is about all of them. */
  readonly payload: string
  /** The name of the result, where it has one. */
  readonly errno: string | null
}

export function operationReport(
  { name, version, host, payload, errno }: OperationFacts,
  { result, words, numbers, runs, payloads }: Performed,
): OperationReport {
  const done = result >= 0
  return {
    schema: 1,
    command: name,
    version,
    host,
    outcome: done ? 'done' : 'failed',
    payload: payload === '' ? null : payload,
    result: done ? 0 : result,
    errno,
    words,
    ...(numbers === undefined ? {} : { numbers }),
    ...(runs === undefined ? {} : { runs }),
    ...(payloads === undefined ? {} : { payloads }),
  }
}
