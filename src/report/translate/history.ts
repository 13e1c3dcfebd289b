/**
 * The texts that a file has had, by the reports of the payloads that touch it, and the way of a line from one to another.
 *
 * Payloads of a stack may have been built from one tree, or each from the tree that the patch before it left; so texts
 * are known by their digest, and a line goes along whatever maps lead from the one to the other.
 */
import { backward, forward } from '../line-runs.ts'
import type { FileLines, SourceText } from '../model.ts'
import type { Layer, Version } from './model.ts'

/** A line of one text. */
export interface Spot {
  readonly sha256: string
  readonly line: number
}

/** One payload's patch of the file. */
export interface Touch {
  readonly layer: number
  readonly lines: FileLines
}

export interface FileHistory {
  /** In the order of the layers; at least one. */
  readonly touches: readonly [Touch, ...Touch[]]
  /** What running code was compiled from; null where the first patch adds the file. */
  readonly base: SourceText | null
  /** The folders that its paths are relative to, where the payloads were built. */
  readonly roots: readonly string[]
}

export function historiesOf(layers: readonly Layer[]): readonly FileHistory[] {
  const groups: [Touch, ...Touch[]][] = []
  for (const [layer, { report }] of layers.entries()) {
    for (const lines of report.lines.files) {
      const touch = { layer, lines }
      const group = groups.find(([first, ...others]) => [first, ...others].some(each => areAkin(each.lines, lines)))
      if (group === undefined) groups.push([touch])
      else group.push(touch)
    }
  }
  const roots = [...new Set(layers.map(({ report }) => report.lines.root))]
  return groups.map(touches => ({ touches, base: touches[0].lines.original, roots }))
}

function areAkin(a: FileLines, b: FileLines): boolean {
  const paths = new Set(pathsOf(a))
  return pathsOf(b).some(path => paths.has(path))
}

function pathsOf({ original, patched }: FileLines): string[] {
  return [original?.path, patched?.path].filter(path => path !== undefined)
}

/** Files whose payloads were built from texts that no map connects. */
export function disconnected(histories: readonly FileHistory[]): readonly string[] {
  return histories.flatMap(({ touches: [first, ...others] }) => {
    const known = new Set(digestsOf(first.lines))
    for (const { lines } of others) {
      if (!digestsOf(lines).some(digest => known.has(digest))) return [lines.file]
      for (const digest of digestsOf(lines)) known.add(digest)
    }
    return []
  })
}

function digestsOf({ original, patched }: FileLines): string[] {
  return [original?.sha256, patched?.sha256].filter(digest => digest !== undefined)
}

/**
 * Whether a path in a log is this file. Compilers are given paths relative to different folders, and Xen shortens long
 * ones to `...` and their end; so what is logged may be the end of the file's own path. It may also be longer, if it
 * begins where the payload was built; elsewhere the file's own folder must be in it, or it could be any namesake.
 */
export function isNamed({ touches, roots }: FileHistory, logged: string): boolean {
  const shortened = logged.startsWith('...')
  const path = (shortened ? logged.slice(3) : logged).replace(/^(?:\.{1,2}\/)+/, '')
  if (path === '') return false
  const root = roots.find(each => each !== '' && path.startsWith(`${each}/`))
  const below = root === undefined ? path : path.slice(root.length + 1)
  return touches
    .flatMap(({ lines }) => pathsOf(lines))
    .some(
      own =>
        own === below ||
        (root === undefined && (isEnd(own, path) || (own.includes('/') && isEnd(path, own)))) ||
        (shortened && own.endsWith(path)),
    )
}

const isEnd = (path: string, end: string) => path.endsWith(`/${end}`)

/** The file's newest text, or its first; the other where there is none. */
export function readersText({ touches, base }: FileHistory, source: 'patched' | 'original'): SourceText | null {
  const last = touches[touches.length - 1]?.lines
  return source === 'original' ? (base ?? touches[0].lines.patched) : (last?.patched ?? last?.original ?? null)
}

export function versionOf({ touches }: FileHistory, sha256: string, layers: readonly Layer[]): Version {
  const touch = touches.find(({ lines: { patched } }) => patched?.sha256 === sha256)
  if (touch === undefined) return { is: 'original' }
  return { is: 'patched', payload: layers[touch.layer]?.name ?? '' }
}

/** The same line in another text; undefined where it is not there, or no map leads there. */
export function follow({ touches }: FileHistory, from: Spot, to: string): number | undefined {
  const seen = new Set([from.sha256])
  const reached: Spot[] = [from]
  for (const spot of reached) {
    if (spot.sha256 === to) return spot.line
    for (const { lines } of touches) {
      for (const next of neighbours(lines, spot)) {
        if (seen.has(next.sha256)) continue
        seen.add(next.sha256)
        reached.push(next)
      }
    }
  }
  return undefined
}

/** A line that a payload below brought leads to the text above it only by way of the texts between. */
function neighbours({ original, patched, map, between = [] }: FileLines, { sha256, line }: Spot): Spot[] {
  if (patched === null) return []
  const known = [...(original === null ? [] : [{ sha256: original.sha256, map }]), ...between]
  return known.flatMap(text => [
    ...(text.sha256 === sha256 ? forward(text.map, line).map(to => ({ sha256: patched.sha256, line: to })) : []),
    ...(patched.sha256 === sha256 ? backward(text.map, line).map(to => ({ sha256: text.sha256, line: to })) : []),
  ])
}
