/**
 * Programs of their own that the kernel brings along as bytes, and that are compiled from some of its sources a second time:
 * kexec's purgatory has a lib/crypto/sha256.o of its own. A live patch reaches the kernel's copy alone, so the other is named.
 *
 * What only runs before the kernel does (arch/x86/boot) has done its work; sources that the vDSO takes in are refused
 * (`included.ts`), and so are headers by which one of these programs changes (`header-users.ts`).
 */
import type { Reason } from '../../base/refusal.ts'
import type { TreeFacts } from '../model.ts'

interface Program {
  readonly makefile: string
  /** CONFIG_… that has it built. */
  readonly option: string
  readonly what: string
}

/** Sources: arch/x86/purgatory/Makefile and arch/x86/Kbuild, Linux 6.1 and 6.12. */
const PROGRAMS: readonly Program[] = [
  {
    makefile: 'arch/x86/purgatory/Makefile',
    option: 'KEXEC_FILE',
    what: 'kexec’s purgatory, which checks the next kernel before that starts (kexec_file_load),',
  },
]

interface Asked {
  readonly facts: Pick<TreeFacts, 'config'>
  readonly reader: { read(path: string): string | undefined }
}

/** One for each program that one of `sources` is compiled for, besides the kernel. */
export function keptByOthers({ facts, reader }: Asked, sources: readonly string[]): readonly Reason[] {
  return PROGRAMS.flatMap(({ makefile, option, what }) => {
    if (facts.config.get(option) !== 'y') return []
    const named = new Set((reader.read(makefile) ?? '').match(/(?<=\$\(srctree\)\/)\S+\.[cS](?=\s|$)/gm))
    return sources
      .filter(source => named.has(source))
      .map(source => ({
        code: 'other-copy-left',
        text: `${what} has a copy of ${source} of its own (${makefile}), which stays as it is`,
      }))
  })
}
