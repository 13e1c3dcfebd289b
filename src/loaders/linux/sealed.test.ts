/** Which functions are sealed, of a program that ld has linked, against nm. */
import { execFileSync, spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { compile, hasGcc } from '../../../tests/support/gcc.ts'
import { readElf } from '../../elf/index.ts'
import { SEALED, sealedIn } from './sealed.ts'

const canLink = hasGcc && ['ld', 'nm'].every(tool => spawnSync(tool, ['--version']).status === 0)

const TEXT = `int open_(void) { return 1; }
int first(void) { return 2; }
int second(void) { return 3; }
asm(".pushsection ${SEALED},\\"a\\"\\n.long second - .\\n.long first - .\\n.popsection");
`

test.skipIf(!canLink)(
  `the sealed ones are those that the table leads to${canLink ? '' : ' (gcc, ld or nm is missing)'}`,
  () => {
    const folder = mkdtempSync(join(tmpdir(), 'hotsplice-sealed-'))
    try {
      const [object, program] = [join(folder, 'unit.o'), join(folder, 'program')]
      writeFileSync(object, compile(TEXT, ['-O2', '-fno-pie']))
      execFileSync('ld', ['-e', 'first', '-o', program, object])
      const section = readElf(readFileSync(program)).sections.find(({ name }) => name === SEALED)
      const names = new Map(
        [...execFileSync('nm', [program], { encoding: 'utf8' }).matchAll(/^(\S+) T (\S+)$/gm)].map(
          ([, address = '', name = '']) => [BigInt(`0x${address}`), name],
        ),
      )
      expect(section && sealedIn(section).map(address => names.get(address))).toEqual(['second', 'first'])
    } finally {
      rmSync(folder, { recursive: true, force: true })
    }
  },
)
