/**
 * Whether the payload's table of functions must be writable for the system that gets it, by what its image and its source
 * say of its loader. Part of the pipeline. Which mistake is worse: a table that Xen cannot write stops the host, so what
 * neither tells, or both tell differently, is refused.
 */
import type { Refusal } from '../../base/refusal.ts'
import type { Target } from '../../loaders/loader.ts'
import type { HypervisorSymbols } from '../../loaders/xen/symbols.ts'
import { LOADER_SOURCES, type TableUse } from '../../loaders/xen/table-use.ts'
import type { TreeFacts } from '../../trees/model.ts'

export interface LoaderTable {
  readonly tableUse: TableUse | undefined
  readonly refusals: readonly Refusal[]
}

/** What runs is the image; the source tells where the image does not. */
export function loaderTable(
  { tableUse: bySource }: Pick<TreeFacts, 'tableUse'>,
  symbols: Pick<HypervisorSymbols, 'tableUse'> | undefined,
): LoaderTable {
  const byImage = symbols?.tableUse
  const isContradiction = byImage !== undefined && bySource !== undefined && writes(byImage) !== writes(bySource)
  if (isContradiction) {
    const text = `the image ${SAYS[byImage]}, but the loader of the tree's source ${SAYS[bySource]}: they are not of one system`
    return { tableUse: undefined, refusals: [refusal(text)] }
  }
  const tableUse = byImage ?? bySource
  if (tableUse !== undefined) return { tableUse, refusals: [] }
  const { entry, loader } = LOADER_SOURCES
  const text = `it cannot be told whether Xen writes into .livepatch.funcs when it applies a payload: neither the image (struct livepatch_func in its debug information; the code of arch_livepatch_apply and arch_livepatch_revert) nor the source (xen/${entry}, xen/${loader}) says where it keeps the state of a replaced function`
  return { tableUse: undefined, refusals: [refusal(text)] }
}

/** The target, for the loader that will get the payload. */
export function fittedTo(target: Target, { tableUse }: Pick<LoaderTable, 'tableUse'>): Target {
  const may = target.loader.writesTable === 'some-do'
  return { ...target, writesTable: may && tableUse !== undefined && writes(tableUse) }
}

const writes = (use: TableUse) => use !== 'reads'

const SAYS: Readonly<Record<TableUse, string>> = {
  reads: 'keeps the state of a replaced function apart from the payload',
  writes: 'keeps the state of a replaced function in .livepatch.funcs',
  'writes-through': 'keeps the state of a replaced function in .livepatch.funcs',
}

function refusal(text: string): Refusal {
  return {
    code: 'loader-unknown',
    unit: '',
    symbol: '',
    text: `${text}; a payload for the wrong kind of loader stops the hypervisor when it is applied`,
    hint: 'give --tree the source that runs and --symbols its own xen-syms, best one built with CONFIG_DEBUG_INFO=y, which says it for certain',
  }
}
