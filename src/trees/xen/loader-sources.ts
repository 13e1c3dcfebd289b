/** What a tree's own source says of the loader that its hypervisor has. */
import { FACT_SOURCES, factsOfTexts } from '../../loaders/xen/loader-facts.ts'
import { LOADER_SOURCES, tableUseOfTexts } from '../../loaders/xen/table-use.ts'
import type { TreeFacts } from '../model.ts'

/** Every tree has x86's files too; of a hypervisor for another machine they say nothing. */
const OF_X86 = 'arch/x86/'

/** `read` takes paths below the hypervisor's folder; undefined where there is no such file. */
export function loaderBySource(
  read: (file: string) => string | undefined,
  config: ReadonlyMap<string, string>,
): Pick<TreeFacts, 'tableUse' | 'loaderFacts'> {
  const isX86 = config.get('X86') === 'y'
  const own = (file: string) => (file.startsWith(OF_X86) && !isX86 ? undefined : read(file))
  const { entry, loader, machine } = LOADER_SOURCES
  const { sections, alternatives } = FACT_SOURCES
  return {
    tableUse: tableUseOfTexts({ entry: own(entry), loader: own(loader), machine: own(machine) }),
    loaderFacts: factsOfTexts({
      loader: own(FACT_SOURCES.loader),
      sections: own(sections),
      alternatives: own(alternatives),
    }),
  }
}
