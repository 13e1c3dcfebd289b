/**
 * Where Xen has put a payload, as its debug key x prints it (xen/common/livepatch.c, livepatch_printall; 4.14 to 4.22):
 *
 *      name=fix state=APPLIED(2) ffff82d0… (.data=ffff82d0…, .rodata=ffff82d0…) using 3 pages.
 *         do_it patch ffff82d0…(12) with ffff82d0… (14)
 *     build-id=…
 */
import type { ElfSection } from '../../elf/index.ts'
import { SHF_EXECINSTR, SHF_WRITE } from '../../elf/spec/constants.ts'
import { hasFlag } from '../../elf/spec/flags.ts'
import { layOutStretches, type Stretch } from '../abi/stretches.ts'
import type { SectionPlaces } from '../host.ts'

interface Printed {
  readonly starts: Readonly<Record<Stretch, bigint>>
  readonly functions: readonly { readonly name: string; readonly address: bigint }[]
  readonly buildId: string | null
}

const WHERE = /^ state=\w+\(-?\d+\) ([0-9a-f]{16}) \(\.data=([0-9a-f]{16}), \.rodata=([0-9a-f]{16})\)/
const FUNCTION = / {4}(\S+) patch [0-9a-f]{16}\(\d+\) with ([0-9a-f]{16}) \(\d+\)$/
const BUILD_ID = /(?:^|[\s\]])build-id=([0-9a-f]+)$/
const NEXT = / name=.* state=\w+\(/

/** What was printed last of this payload; undefined where nothing was. */
export function readPrinted(lines: readonly string[], name: string): Printed | undefined {
  const key = ` name=${name} state=`
  const at = lines.findLastIndex(line => line.includes(key))
  const line = lines[at]
  const [, code, writable, readOnly] =
    WHERE.exec(line?.slice(line.indexOf(key) + key.length - ' state='.length) ?? '') ?? []
  if (code === undefined || writable === undefined || readOnly === undefined) return undefined
  const rest = lines.slice(at + 1)
  const end = rest.findIndex(other => NEXT.test(other))
  const own = (end === -1 ? rest : rest.slice(0, end)).map(each => each.trimEnd())
  const functions = own.flatMap(each => {
    const [, called, address] = FUNCTION.exec(each) ?? []
    return called === undefined ? [] : [{ name: called, address: BigInt(`0x${address}`) }]
  })
  const ids = own.flatMap(each => BUILD_ID.exec(each)?.[1] ?? [])
  const start = (text: string) => BigInt(`0x${text}`)
  return {
    starts: { code: start(code), writable: start(writable), readOnly: start(readOnly) },
    functions,
    buildId: ids[0] ?? null,
  }
}

/** As move_payload of the same file puts them. */
export function placesInXen(printed: Printed, sections: readonly ElfSection<'payload'>[]): SectionPlaces {
  const { places } = layOutStretches(sections.map(section => ({ ...section, stretch: stretchOf(section) })))
  return {
    buildId: printed.buildId,
    functions: printed.functions,
    sections: sections.flatMap(({ id, name }) => {
      const place = places.get(id)
      return place === undefined ? [] : [{ name, address: printed.starts[place.stretch] + BigInt(place.offset) }]
    }),
  }
}

function stretchOf({ flags }: ElfSection<'payload'>): Stretch {
  if (hasFlag(flags, SHF_EXECINSTR)) return 'code'
  return hasFlag(flags, SHF_WRITE) ? 'writable' : 'readOnly'
}
