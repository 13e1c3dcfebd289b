import { expect, it } from 'vitest'
import { keptByOthers } from './other-programs.ts'

const MAKEFILE = `purgatory-y := purgatory.o stack.o sha256.o string.o
$(obj)/string.o: $(srctree)/arch/x86/boot/compressed/string.c FORCE
\t$(call if_changed_rule,cc_o_c)

$(obj)/sha256.o: $(srctree)/lib/crypto/sha256.c FORCE
\t$(call if_changed_rule,cc_o_c)
`

const told = (sources: readonly string[], option = 'y') =>
  keptByOthers(
    {
      facts: { config: new Map([['KEXEC_FILE', option]]) },
      reader: { read: path => (path === 'arch/x86/purgatory/Makefile' ? MAKEFILE : undefined) },
    },
    sources,
  ).map(({ code, text }) => `${code}: ${text}`)

it('names the program that has a copy of its own of a source', () => {
  expect(told(['kernel/fork.c', 'lib/crypto/sha256.c'])).toEqual([
    expect.stringMatching(/^other-copy-left: kexec’s purgatory, .* has a copy of lib\/crypto\/sha256\.c of its own/),
  ])
})

it.each([
  ['of a source that only sounds like it', ['crypto/sha256.c', 'lib/crypto/sha256.c.c', 'sha256.c'], 'y'],
  ['where that program is not built', ['lib/crypto/sha256.c'], 'n'],
] as const)('says nothing %s', (_, sources, option) => {
  expect(told(sources, option)).toEqual([])
})
