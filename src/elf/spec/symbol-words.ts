/** Between the numbers in `st_info` and `st_other` and the words of the model: the only place that knows both. */
import { InternalError } from '../../base/errors.ts'
import type { SymbolFlags, SymbolKind } from '../model.ts'

type Binding = 'local' | 'global' | 'weak' | 'other'
type Visibility = 'default' | 'internal' | 'hidden' | 'protected'

/** By STT_*. */
export const KINDS: readonly SymbolKind[] = [
  'untyped',
  'object',
  'function',
  'section',
  'file',
  'common',
  'tls',
  'other',
  'other',
  'other',
  'indirect-function',
  'other',
  'other',
  'other',
  'other',
  'other',
]

/** By STB_*; whatever is missing is 'other'. */
export const BINDINGS: readonly Binding[] = ['local', 'global', 'weak']

/** By STV_*. */
export const VISIBILITIES: readonly Visibility[] = ['default', 'internal', 'hidden', 'protected']

interface Words {
  readonly name: string
  readonly kind: SymbolKind
  readonly binding: Binding
  readonly visibility?: Visibility
  readonly raw?: SymbolFlags
}

/** The two bytes that say these words. */
export function symbolFlags({ name, kind, binding, visibility = 'default', raw }: Words): SymbolFlags {
  if (raw !== undefined) return raw
  if (kind === 'other' || binding === 'other') {
    throw new InternalError(`symbol ${name} is of kind ${kind}, binding ${binding}: only \`raw\` says what that means`)
  }
  return { info: BINDINGS.indexOf(binding) * 16 + KINDS.indexOf(kind), other: VISIBILITIES.indexOf(visibility) }
}
