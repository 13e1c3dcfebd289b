import { expect, test } from 'vitest'
import { readLinks } from './link.ts'

const compile = (target: string) => `cmd_${target} := gcc -c x.c -o ${target}`
const texts = new Map(
  [
    'cmd_prelink.o := ld    -melf_x86_64 -r -o prelink.o common/built_in.o arch/built_in.o --start-group lib/lib.a --end-group',
    'cmd_common/built_in.o := ld -r -o common/built_in.o common/a.o common/sub/built_in.o common/boot.init.o common/joined.o',
    'cmd_common/sub/built_in.o := x86_64-linux-gnu-ld -r -o common/sub/built_in.o common/sub/c.o',
    'cmd_common/boot.init.o :=     objdump -h common/boot.o | while read i; do case "$$i" in .*) ;; esac; done || exit $$?; objcopy --rename-section .rodata=.init.rodata common/boot.o common/boot.init.o',
    'cmd_common/joined.o := objcopy --rename-section .data=.init.data common/temp.o common/joined.o',
    'cmd_common/temp.o := ld -r -o common/temp.o common/d.o common/e.o',
    'cmd_arch/built_in.o := gcc -c -x c /dev/null -o arch/built_in.o',
    'cmd_lib/lib.a := rm -f lib/lib.a; ar cr lib/lib.a lib/f.o',
    ...['common/a.o', 'common/boot.o', 'common/sub/c.o', 'common/d.o', 'common/e.o', 'lib/f.o', 'common/unused.o'].map(
      compile,
    ),
  ].map(text => [text.slice('cmd_'.length, text.indexOf(' ')), text]),
)

test('what the image is linked from, with the copies in between', () => {
  const boot = { copies: [['objcopy', '--rename-section', '.rodata=.init.rodata']], archived: false }
  const joined = { copies: [['objcopy', '--rename-section', '.data=.init.data']], archived: false }
  const plain = { copies: [], archived: false }
  expect(Object.fromEntries(readLinks(texts, 'prelink.o'))).toEqual({
    'common/a.o': plain,
    'common/sub/c.o': plain,
    'common/boot.o': boot,
    'common/d.o': joined,
    'common/e.o': joined,
    'arch/built_in.o': plain,
    'lib/f.o': { copies: [], archived: true },
  })
})

test('without the image’s own command nothing is linked', () => {
  expect(readLinks(new Map([['a.o', compile('a.o')]]), 'prelink.o').size).toBe(0)
})
