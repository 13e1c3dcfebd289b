/**
 * Where a Linux kernel has what is local to a unit. Its table of names has no files; but functions and data of the unit that
 * are in the image, byte for byte, lead with each of their fields to one place. Part of the pipeline.
 *
 * Which mistake is worse: a function or variable of another unit by the same name is taken for this one's, and patched or
 * written without a word. So what nothing of the unit leads to, or what two fields see in different places, is not known.
 */
import { SHT_NOBITS } from '../../elf/spec/constants.ts'
import type { KernelImage } from '../../loaders/linux/kernel-image.ts'
import { type NamedKernel, namedKernel, OF_EACH_MODULE, type OwnName } from '../../loaders/linux/named-kernel.ts'
import type { Piece, PieceId, PieceMap } from '../../pieces/model.ts'
import type { UnitInput } from '../../select/select.ts'
import { type CodeFinding, RunningImage, UnitCode } from '../../verify/index.ts'
import type { Running } from './running.ts'

type Units = readonly Pick<UnitInput, 'unit' | 'fileSymbol' | 'verdicts'>[]

/** What is known of the running system, with the units' own names where it is a kernel that has no files. */
export function withOwnNames(running: Running, units: Units): Running {
  const { kernel } = running
  if (kernel === undefined) return running
  const named = namedBy(kernel.plain, units, running.module?.moduleOf ?? new Map())
  return { ...running, kernel: named, symbols: named }
}

function namedBy(kernel: KernelImage, units: Units, moduleOf: ReadonlyMap<string, string>): NamedKernel {
  const image = new RunningImage(kernel)
  return namedKernel(
    kernel,
    units.flatMap(({ unit, fileSymbol, verdicts }) => {
      const own = { image, candidatesOf: (name: string) => inObject(kernel, image, name, moduleOf.get(unit)) }
      return [
        ...ofEachModule(fileSymbol, kernel, moduleOf.get(unit)),
        ...ownNames(fileSymbol, verdicts.correlation.original, own),
      ]
    }),
  )
}

/** What a unit's name may stand for lies in the unit's own object: its module, or the kernel itself. */
const inObject = (kernel: KernelImage, image: RunningImage, name: string, module: string | undefined) =>
  image.addressesOf(name).filter(address => kernel.moduleAt(address) === module)

function ofEachModule(file: string, kernel: KernelImage, module: string | undefined): readonly OwnName[] {
  if (module === undefined) return []
  return [...OF_EACH_MODULE].map(name => ({ file, name, addresses: kernel.namedIn(name, module) ?? [], proven: true }))
}

interface OwnObject {
  readonly image: RunningImage
  readonly candidatesOf: (name: string) => readonly bigint[]
}

function ownNames(file: string, map: PieceMap<'original'>, object: OwnObject): readonly OwnName[] {
  const known = knownPlaces(map, object)
  return map.pieces.flatMap(piece => {
    if (!hasPlace(piece)) return []
    const places = [...(known.get(piece.id) ?? [])]
    return piece.symbols.flatMap((id): readonly OwnName[] => {
      const symbol = map.object.symbols[id]
      if (symbol?.binding !== 'local' || symbol.name === '') return []
      const proven = places.length === 1
      return [{ file, name: symbol.name, addresses: proven ? places : object.candidatesOf(symbol.name), proven }]
    })
  })
}

const hasPlace = ({ kind }: Piece<'original'>): boolean => kind === 'function' || kind === 'data'

/** By piece, each place where something of the unit that is in the image shows it. */
function knownPlaces(
  map: PieceMap<'original'>,
  { image, candidatesOf }: OwnObject,
): ReadonlyMap<PieceId<'original'>, ReadonlySet<bigint>> {
  // Without a file: each place that has a name comes into question for it.
  const code = new UnitCode(map, '', image)
  const known = new Map<PieceId<'original'>, Set<bigint>>()
  const add = (piece: PieceId<'original'>, address: bigint) => {
    const places = known.get(piece)
    if (places === undefined) known.set(piece, new Set([address]))
    else places.add(address)
  }
  for (const piece of map.pieces) {
    if (!hasPlace(piece) || map.object.sections[piece.section]?.type === SHT_NOBITS) continue
    const candidates = candidatesOf(piece.name)
    const equal = candidates.flatMap(address => inImage(code.check(piece, address)) ?? [])
    const [only, another] = equal
    if (only === undefined || another !== undefined) continue
    // Where nothing else has that name, being equal is enough; else something must lead there.
    if (candidates.length === 1) add(piece.id, only.address)
    for (const { piece: reached, address } of only.led) add(reached, address)
  }
  return known
}

const inImage = (finding: CodeFinding): CodeFinding | undefined =>
  finding.difference === undefined ? finding : undefined
