/**
 * What shared libraries have to do with a payload: their functions can be called, through the process's own dynamic
 * linker, and cannot be replaced. They lie further from the pools than a jump reaches, and the tool holds one file's code
 * against what runs, the program's. A payload that asks for it is told which library it meant, and what to do instead.
 */
import { buildIdOf, readOutline } from '../../elf/index.ts'
import { withParts } from '../../system/file-parts.ts'
import type { ProcessMemory } from './proc.ts'
import { Refused } from './refused.ts'

const WAY_OUT = 'replace the functions of the program that call it, or link the library into the program'

/** The file that is mapped where the address is; undefined for the program's own and for none. */
function fileAt(address: number, memory: ProcessMemory): string | undefined {
  const { path } = memory.mappings().find(({ start, end }) => address >= start && address < end) ?? {}
  return path?.startsWith('/') === true && path !== memory.programFile().name ? path : undefined
}

/** Refuses the function when the dynamic linker found it in a library. */
export function refuseLibraryFunction(name: string, address: number, memory: ProcessMemory): void {
  const path = fileAt(address, memory)
  if (path === undefined) return
  throw new Refused(
    'EOPNOTSUPP',
    `${name} is a function of the shared library ${path}, which cannot be replaced; ${WAY_OUT}`,
  )
}

/** The library of the process that has this build-id, for a payload that was built for it. */
function libraryWithId(id: string, memory: ProcessMemory): string | undefined {
  const program = memory.programFile().name
  const paths = new Set(memory.mappings().flatMap(({ path, access }) => (access.includes('x') ? [path] : [])))
  return [...paths].find(path => path.startsWith('/') && path !== program && idOfFile(path) === id)
}

/** Refuses a payload whose build-id to run on is a library's. */
export function refuseLibraryPayload(id: string, memory: ProcessMemory): void {
  const path = libraryWithId(id, memory)
  if (path === undefined) return
  const fact = `it is for build-id ${id}, that of the shared library ${path}, whose functions cannot be replaced`
  throw new Refused('EOPNOTSUPP', `${fact}; ${WAY_OUT}`)
}

function idOfFile(path: string): string | undefined {
  try {
    const id = withParts(path, parts => buildIdOf(readOutline<'original'>(parts)))
    return id === undefined ? undefined : Buffer.from(id).toString('hex')
  } catch {
    return undefined // Gone, replaced by something else, or no ELF file: then it is not the one.
  }
}
