/** Why each refused fix cannot be hotpatched as it is, and what can be done: looked at by a person, one by one. */
import { tableText } from './cells.ts'
import type { Row } from './table.ts'

interface Refused {
  /** What stands in the way, of everything that was refused: the rest follows from it. */
  readonly stands: string
  readonly out: string
}

const REBOOT = 'reboot into a rebuilt hypervisor'
const ASSIST = '`hotsplice assist`, below'
const BOOT = 'it takes effect with the next boot of a rebuilt hypervisor'

export const REFUSED: ReadonlyMap<string, Refused> = new Map([
  [
    'XSA-426',
    {
      stands:
        'which mitigation is used is chosen at boot, and the choice is stored in variables and in code that is patched once',
      out: REBOOT,
    },
  ],
  ['XSA-431', { stands: 'a new per-CPU variable', out: ASSIST }],
  [
    'XSA-434',
    {
      stands:
        'which mitigation is used is chosen at boot, and so are the features that guests see, by tables that are gone by now',
      out: REBOOT,
    },
  ],
  [
    'XSA-435',
    {
      stands:
        'features that guests see, and the mitigation that is used, are chosen at boot; each CPU is set up for it as it comes up',
      out: REBOOT,
    },
  ],
  [
    'XSA-438',
    {
      stands:
        'functions that are called by a table of pointers return a value more, and one of their parameters has another type',
      out: '`--accept-type` for the table’s type and the functions: who stays is compiled to the same code with the new types (not tried)',
    },
  ],
  [
    'XSA-439',
    {
      stands: 'entry code (assembly), into which boot code puts an instruction where the processor needs it',
      out: REBOOT,
    },
  ],
  [
    'XSA-446',
    { stands: 'gates of the interrupt table, which boot code sets up, and the entry code behind them', out: REBOOT },
  ],
  [
    'XSA-452',
    {
      stands:
        'entry code (assembly), which scrubs buffers on its way to guests; which processors need it is found out at boot',
      out: REBOOT,
    },
  ],
  [
    'XSA-453',
    {
      stands:
        'a new option, which is on; what it is set to is printed at boot and read from the command line, and boot code takes the lock by its new name',
      out: 'the same code without the option, and `--leave-init` for boot code (not tried)',
    },
  ],
  ['XSA-455', { stands: 'entry code (assembly): a macro in it tests the wrong byte', out: REBOOT }],
  [
    'XSA-463',
    {
      stands:
        'members of struct hvm_domain go, and all behind them move; a table of handlers whose address is registered changes',
      out: ASSIST,
    },
  ],
  [
    'XSA-469',
    {
      stands: 'every function is compiled with another option (returns through a thunk), and new thunks in assembly',
      out: REBOOT,
    },
  ],
  [
    'XSA-471',
    {
      stands:
        'entry code of SVM (assembly); features of guests that are worked out at boot; a table whose address is passed on grows',
      out: REBOOT,
    },
  ],
  ['XSA-472', { stands: 'a lock is new in struct viridian_domain', out: ASSIST }],
  [
    'XSA-491',
    { stands: 'a lock is new in struct hvm_domain, and all behind it moves', out: '`hotsplice assist` (not tried)' },
  ],
  [
    'XSA-492',
    {
      stands:
        'members are new in the midst of struct domain and struct vcpu, which all code reads, entry code included; a structure that the toolstack passes grows',
      out: REBOOT,
    },
  ],
  [
    'XSA-493',
    {
      stands:
        'a new option, which is on: what it adds is a row of the table of errata, which each CPU goes through as it comes up',
      out: REBOOT,
    },
  ],
  [
    'XSA-494',
    {
      stands: 'a new per-CPU variable, a function with a parameter more, and how dom0 is built at boot',
      out: '`hotsplice assist` for the variable, a new function beside the one that has other callers, and `--leave-init`',
    },
  ],
  ['XSA-501', { stands: 'a member is new in struct grant_table', out: ASSIST }],
  [
    '4112b5c6a244',
    {
      stands: 'beside the check of microcode, boot code sets whether the host counts as tainted',
      out: '`--leave-init early_microcode_init` for the rest of it',
    },
  ],
  [
    'd04a36f2e4c4',
    {
      stands: 'a message that boot code prints',
      out: 'none needed: such a change is a notice since, and nothing to do',
    },
  ],
  ['8a44c61b2d4b', { stands: 'chooses the mode of the screen at boot', out: BOOT }],
  [
    '17ef80135ef0',
    {
      stands: 'a pointer more in a table that boot code copies, and calls by it that are made direct at boot',
      out: REBOOT,
    },
  ],
  ['2a6a75fc03d9', { stands: 'fills the table of which memory belongs to which node, at boot', out: BOOT }],
  [
    '8d7a0f86619c',
    { stands: 'how the image is linked; no unit changes, but the names that are in the image do', out: REBOOT },
  ],
  ['0bd3ff852d66', { stands: 'as 8d7a0f86619c, by the tool that writes the table of names', out: REBOOT }],
  ['8523b54b7410', { stands: 'clears the registers of the IOMMU at boot, and does so no more', out: BOOT }],
  [
    '443c29bf2eaa',
    {
      stands: 'an array that tells where the stubs of CPUs are is made and filled at boot',
      out: 'a load hook that makes it from what the running system has (not tried)',
    },
  ],
  [
    '937d1c7368d8',
    {
      stands:
        'a variable becomes two, which boot code and the command line set; boot code calls a function that is gone',
      out: REBOOT,
    },
  ],
  ['869ef9bbf5eb', { stands: 'disables interrupts at boot while the shadow stack is set up', out: BOOT }],
  ['4563f9c1476b', { stands: 'how memory of the EFI boot loader is freed at boot', out: BOOT }],
  ['8f981abea3e3', { stands: 'reads the time of day at boot', out: BOOT }],
  ['16489085bd80', { stands: 'reads an option of the command line at boot', out: BOOT }],
  ['c2cb923ed768', { stands: 'which serial ports are enabled again after a suspend is noted at boot', out: BOOT }],
  ['05b8f716aa32', { stands: 'reads the configuration file of the EFI boot loader', out: BOOT }],
  ['928144f39f91', { stands: 'reads an option of the command line at boot', out: BOOT }],
  ['491f6618b54f', { stands: 'as 928144f39f91', out: BOOT }],
  ['e6b861fc84d1', { stands: 'as 8d7a0f86619c', out: REBOOT }],
  [
    '3f67b78bc8ee',
    {
      stands: 'members of struct arch_vcpu go, and code that stays uses them',
      out: 'leave the members where they are',
    },
  ],
  [
    '42a8a8abfe5a',
    {
      stands: 'a variable that is gone after boot is read where it was not before',
      out: 'a copy of it that stays, set from a load hook',
    },
  ],
  ['4299e59d1eb3', { stands: 'sets up the interrupt controller at boot', out: BOOT }],
  ['4f3dbd9ee085', { stands: 'sets up the interrupt controller at boot', out: BOOT }],
  ['6610b4f3ac87', { stands: 'makes the device tree of dom0 at boot', out: BOOT }],
  ['77015ef70d4f', { stands: 'counts CPUs at boot', out: BOOT }],
  ['94d2902c8cf2', { stands: 'makes domains at boot', out: BOOT }],
  ['9b88e852eff7', { stands: 'copies to domains that are made at boot', out: BOOT }],
  ['e16e18e31285', { stands: 'makes domains at boot', out: BOOT }],
])

const HEADING = '## Refused, and the way out'
const WORDS = `Each was looked at: what stands in the way, of all that was refused, and what can be done. None of them is built with a part left out.
`
const UNKNOWN: Refused = { stands: 'not looked at yet', out: '' }

/** The table of these fixes, each once, with the branches that refuse it; empty where there is none. */
export function refusedText(rows: readonly Row[]): string {
  const branches = new Map<string, Set<string>>()
  for (const { id, branch, came } of rows) {
    if (came === 'refused') branches.set(id, (branches.get(id) ?? new Set()).add(branch))
  }
  if (branches.size === 0) return ''
  const byId = [...branches].sort(([a], [b]) => a.localeCompare(b, 'en', { numeric: true }))
  const cells = byId.map(([id, on]) => {
    const { stands, out } = REFUSED.get(id) ?? UNKNOWN
    return [id, [...on].join(', '), stands, out]
  })
  return `\n${HEADING}\n\n${WORDS}\n${tableText(['id', 'branches', 'what stands in the way', 'way out'], cells)}`
}
