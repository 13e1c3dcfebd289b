/** `hotsplice agent`: where the part lies that lives in a process. */

export interface AgentReport {
  readonly schema: 1
  readonly command: 'agent'
  /** Of hotsplice. */
  readonly version: string
  readonly outcome: 'done'
  readonly is: 'library' | 'source'
  readonly file: string
}

/** How either file is found, or made where it is not there yet. */
export type AgentFiles = Readonly<Record<AgentReport['is'], () => string>>

export function agent(is: AgentReport['is'], files: AgentFiles, version: string): AgentReport {
  return { schema: 1, command: 'agent', version, outcome: 'done', is, file: files[is]() }
}
