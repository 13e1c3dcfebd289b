/** A package's files as the tools that make packages want them: in a folder, with modes and times that are always the same. */
import { chmodSync, lutimesSync, mkdirSync, readdirSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import type { PackageContent } from '../base/package-content.ts'

export const SUMMARY = 'hotpatches, by the build-id of what runs'
export const DESCRIPTION = 'What fits the running Xen is applied at boot; installing the package applies nothing.'

type Files = Pick<PackageContent, 'files' | 'links'>

export function writeTree(folder: string, { files, links }: Files): void {
  const place = (path: string) => {
    mkdirSync(dirname(join(folder, path)), { recursive: true })
    return join(folder, path)
  }
  for (const [path, content] of files) writeFileSync(place(path), content)
  for (const [path, to] of links) symlinkSync(to, place(path))
}

/** Whatever the umask is, and whenever it is made; a folder after what is in it, whose making changes its time. */
export function settle(folder: string, time: number): void {
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name)
    if (entry.isDirectory()) settle(path, time)
    else if (entry.isSymbolicLink()) lutimesSync(path, time, time)
    else {
      chmodSync(path, 0o644)
      utimesSync(path, time, time)
    }
  }
  chmodSync(folder, 0o755)
  utimesSync(folder, time, time)
}
