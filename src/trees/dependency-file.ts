/** Dependency lists as compilers and assemblers write them for make: `target: file file \` and further lines. */

/** The files that the first rule's target depends on, in order, each once. */
export function readDependencyFile(text: string): string[] {
  const rule = text.replaceAll(/\\\r?\n/g, ' ').split('\n', 1)[0] ?? ''
  const start = /(?<!\\):(?=\s|$)/.exec(rule)
  if (start === null) return []
  const names = new Set<string>()
  for (const [word] of rule.slice(start.index + 1).matchAll(/(?:\\.|[^\s\\])+/g)) {
    names.add(word.replaceAll('$$', '$').replaceAll(/\\([ #\\:])/g, '$1'))
  }
  return [...names]
}
