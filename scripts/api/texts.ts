/** The files of api/, by name. */
import { declare, ENTRIES } from './declared.ts'
import { rollUp } from './roll-up.ts'

export function apiTexts(): ReadonlyMap<string, string> {
  const declared = declare(ENTRIES.map(({ source }) => source))
  return new Map(
    ENTRIES.map(({ name, source, declarations }) => [
      declarations,
      rollUp(declared, source, `// What '${name}' exports. Made from ${source} by \`npm run api\`; not to be edited.`),
    ]),
  )
}
