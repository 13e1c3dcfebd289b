/**
 * How a translated log reads. The log's own text stays; behind each reference stands, in braces,
 *
 *     {=common/domain.c:125}            the line in the reader's source, certainly
 *     {=common/domain.c:120 of the original}  likewise, where the reader's source has no such line any more
 *     {?a.c:14 by f2 | a.c:6 by f1 in fix}  all that it can be, and who would have printed it
 *     {?no such line}                   the file has no such line, in any version
 *
 * so that `{=` and `{?` can be searched for.
 */
import type { Meaning, Place, Printer } from './model.ts'

const MOST_NAMES = 3

export function braces(meanings: readonly Meaning[], isReaders: (place: Place) => boolean): string {
  const [only, ...others] = meanings
  if (only === undefined) return '{?no such line}'
  if (others.length === 0) return `{=${placeText(only.place, isReaders)}}`
  return `{?${meanings.map(each => `${placeText(each.place, isReaders)} by ${printersText(each.printers)}`).join(' | ')}}`
}

export function placeText(place: Place, isReaders: (place: Place) => boolean): string {
  const { file, line, version } = place
  const own = isReaders(place) ? '' : version.is === 'original' ? ' of the original' : ` of ${version.payload}`
  return `${file}:${line}${own}`
}

function printersText(printers: readonly Printer[]): string {
  return printers
    .map(({ payload, functions }) => {
      const names = functions.slice(0, MOST_NAMES).join(', ') + (functions.length > MOST_NAMES ? ', …' : '')
      if (payload === null) return names === '' ? 'code that was not replaced' : names
      return names === '' ? payload : `${names} in ${payload}`
    })
    .join(', or ')
}
