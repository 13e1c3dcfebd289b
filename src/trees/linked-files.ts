/** What a tree's build has linked: programs and shared libraries among the tree's files. */
import { ET_DYN, ET_EXEC } from '../elf/spec/constants.ts'
import { withParts } from '../system/file-parts.ts'
import { isInside, walk } from './layout.ts'
import type { Tree } from './model.ts'

/** Texts and what is not yet linked. */
const OTHERS =
  /\.(?:[chodais]|cc|cpp|cxx|hh|hpp|inc|in|am|ac|m4|txt|md|rst|html|json|py|sh|pl|po|mk|cmake|patch|diff|png|svg)$/i

/** Absolute paths, in order; links are not followed. */
export function linkedFiles({ layout }: Pick<Tree, 'layout'>): readonly string[] {
  const { base, buildFolder } = layout
  const found: string[] = []
  for (const top of isInside(base, buildFolder) ? [base] : [base, buildFolder]) {
    walk(top, (path, { files }) => {
      if (/\/\.git(?:\/|$)/.test(path)) return
      for (const name of files) if (!OTHERS.test(name) && isLinked(`${path}/${name}`)) found.push(`${path}/${name}`)
    })
  }
  return found.sort()
}

const START = 18

/** ELF of 64 bits, little-endian, and no relocatable object (gABI, "ELF Header"). */
function isLinked(path: string): boolean {
  try {
    return withParts(path, ({ length, read }) => {
      if (length < START) return false
      const start = Buffer.from(read(0, START))
      const isElf = start.readUInt32BE(0) === 0x7f454c46 && start[4] === 2 && start[5] === 1
      return isElf && [ET_EXEC, ET_DYN].includes(start.readUInt16LE(16))
    })
  } catch {
    // Nobody may read it, or it is gone.
    return false
  }
}
