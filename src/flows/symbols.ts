/**
 * What a debugger is told so that it knows a payload's code: the payload's debug file, and where each of its sections lies.
 *
 * Worse mistake: a debugger that names the wrong function. So the debug file must have the build-id that the host tells, and each
 * function the address that the host says it has.
 */
import { InputError } from '../base/errors.ts'
import type { DebugFile } from '../loaders/debug-file.ts'
import type { Performed } from '../report/operation-report.ts'

export interface LoadedPlaces {
  readonly buildId: string | null
  readonly sections: readonly { readonly name: string; readonly address: bigint }[]
  /** Those that take the place of running ones, by their names; 0 for code that is only overwritten. */
  readonly functions: readonly { readonly name: string; readonly address: bigint }[]
}

export interface PlacesHost {
  readonly name: string
  places?(
    name: string,
    sections: DebugFile['loaded'],
  ): Promise<Performed & { readonly places?: LoadedPlaces | undefined }>
}

/** The words are commands for gdb. Throws `InputError` where the file is another payload's. */
export async function debugSymbols(
  host: PlacesHost,
  payload: string,
  debug: DebugFile,
  file: string,
): Promise<Performed> {
  if (host.places === undefined) {
    throw new InputError(
      'debug/no-places',
      `where payloads lie on ${host.name} is not told to anybody`,
      'ask on a running process, or on Xen through xl',
    )
  }
  const { result, words, places } = await host.places(payload, debug.loaded)
  if (places === undefined) return { result, words }
  checkSame(places, debug, { payload, file })
  return { result, words: [addSymbols(places, file)], buildId: debug.buildId }
}

function checkSame(places: LoadedPlaces, debug: DebugFile, { payload, file }: { payload: string; file: string }): void {
  const other = (fact: string) =>
    new InputError('debug/other-payload', fact, 'give the debug file of the payload that was loaded')
  if (places.buildId !== null && places.buildId !== debug.buildId)
    throw other(`${file} is of build-id ${debug.buildId}; ${payload} has ${places.buildId}`)
  const starts = new Map(places.sections.map(({ name, address }) => [name, address]))
  const known = new Set(debug.functions.map(({ section, offset }) => (starts.get(section) ?? 0n) + BigInt(offset)))
  const astray = places.functions.find(({ address }) => address !== 0n && !known.has(address))
  if (astray !== undefined)
    throw other(`${payload} has ${astray.name} at 0x${astray.address.toString(16)}, where ${file} has no function`)
}

/** Of every section: where one is not named, gdb takes its address as zero. */
function addSymbols({ sections }: LoadedPlaces, file: string): string {
  const [first, ...others] = [...sections].sort((a, b) => Number(b.name === '.text') - Number(a.name === '.text'))
  const places = [first, ...others].flatMap(each =>
    each === undefined ? [] : [`-s ${each.name} 0x${each.address.toString(16)}`],
  )
  return `add-symbol-file ${quoted(file)} ${places.join(' ')}`
}

/** As gdb splits words. */
const quoted = (file: string) => (/^[\w./+:,@%=-]+$/.test(file) ? file : `"${file.replace(/["\\]/g, '\\$&')}"`)
