/**
 * Holds pairs of objects, NAME.ORIG.o and NAME.PATCHED.o in any folders below one, against objdump's text of each function:
 *
 *     npx tsx scripts/kpatch-pairs.ts FOLDER [linux]
 *
 * With `linux`, as `diff --target linux` has it; else as objects of a program.
 * Made for kpatch's public object pairs (docs/judges.md). Exits 1 where an object is not the same as itself, or a function
 * whose text differs is called the same.
 */
import { comparedFor, judgePairs } from '../tests/support/object-pairs.ts'

const [, , folder, target] = process.argv
if (folder === undefined) {
  console.error('usage: kpatch-pairs.ts FOLDER [linux]')
  process.exit(1)
}
const { counts, faults, notes } = judgePairs(folder, comparedFor(target === 'linux' ? target : 'process'))
console.log([...notes, ...faults].join('\n'))
console.table(Object.fromEntries(counts))
process.exitCode = faults.length > 0 ? 1 : 0
