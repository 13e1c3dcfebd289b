/** Which line of the patched source a number is that the compiler saw, where it was given a rewritten text. */
import { forward } from '../line-runs.ts'
import type { LineRun, RunReport } from '../model.ts'

/** For a unit: `undefined` for a line that the patched file has not. `file` is spelled as the compiler did. */
export function patchedLines(report: RunReport, unit: string): (file: string, number: number) => number | undefined {
  const isRewritten = report.units.some(each => each.unit === unit && each.text === 'neutral')
  const numbers = new Map<string, readonly LineRun[]>()
  const numbersOf = (file: string) => {
    const touched = report.lines.files.find(each => isSameFile(each.patched?.path ?? each.file, file))
    const found = touched?.numbers ?? []
    numbers.set(file, found)
    return found
  }
  return (file, number) => {
    const runs = isRewritten ? (numbers.get(file) ?? numbersOf(file)) : []
    return runs.length === 0 ? number : forward(runs, number)[0]
  }
}

/** Compilers and patches name a file from different folders. */
export function isSameFile(a: string, b: string): boolean {
  const [one, other] = [a.replace(/^\.\//, ''), b.replace(/^\.\//, '')]
  return one === other || one.endsWith(`/${other}`) || other.endsWith(`/${one}`)
}
