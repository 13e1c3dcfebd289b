/** A payload's model as text for people. */
import type { PatchedFunction, PayloadModel } from './inspect.ts'

export function describePayload(model: PayloadModel): string {
  const parts = [
    [
      `size        ${model.size} bytes`,
      `build-id    ${model.buildId ?? 'none'}`,
      `depends on  ${model.depends ?? 'nothing'}`,
      `needs Xen   ${model.xenDepends ?? 'any'}`,
      `re-apply    ${model.canBeReapplied ? 'yes' : 'no: it has writable data, unload it first'}`,
    ],
    list('Functions replaced', functionLines(model.functions)),
    list(
      'Hooks',
      model.hooks.map(({ section, functions }) => `${section}  ${functions.join(', ')}`),
    ),
    list('Special entries', aligned(model.entries.map(({ section, count }) => [section, String(count)]))),
    list('New symbols', model.newSymbols),
    list('Needed from the running system', model.undefinedSymbols.toSorted()),
    list('Loaded sections', aligned(model.sections.map(({ name, size, memory }) => [name, `${size} bytes`, memory]))),
    list('Module information', model.modinfo),
  ]
  return `${parts
    .map(lines => lines.join('\n'))
    .filter(text => text !== '')
    .join('\n\n')}\n`
}

function functionLines(functions: readonly PatchedFunction[]): readonly string[] {
  return aligned(
    functions.map(({ name, oldSize, newSize, newCode, expectation, version }) => [
      name,
      newCode === null ? `${newSize} bytes of NOPs over ${oldSize}` : `${oldSize} -> ${newSize} bytes`,
      [
        newCode ?? '',
        ...(expectation === null ? [] : [`expects ${expectation}`]),
        ...(version === 2 ? [] : [`version ${version}`]),
      ].join(' '),
    ]),
  )
}

function list(title: string, lines: readonly string[]): readonly string[] {
  return lines.length === 0 ? [] : [`${title} (${lines.length})`, ...lines.map(line => `  ${line}`)]
}

function aligned(rows: readonly (readonly string[])[]): readonly string[] {
  const width = (column: number) => Math.max(0, ...rows.map(row => row[column]?.length ?? 0))
  return rows.map(row =>
    row
      .map((cell, column) => cell.padEnd(width(column)))
      .join('  ')
      .trimEnd(),
  )
}
