/** What the kernel unpacks into memory when it boots: our program, and the folders that it fills. */

interface Entry {
  readonly name: string
  readonly mode: number
  readonly bytes: Uint8Array
  /** Of a device. */
  readonly numbers?: readonly [major: number, minor: number]
}

const FOLDER = 0o040_755
const PROGRAM = 0o100_755
const DEVICE = 0o020_600
const NOTHING = new Uint8Array()

/** The archive with `program` as the first process. */
export function initramfs(program: Uint8Array): Uint8Array {
  return archive([
    ...['proc', 'sys', 'dev', 'tmp'].map(name => ({ name, mode: FOLDER, bytes: NOTHING })),
    // The kernel's log (Documentation/admin-guide/devices.txt), for words before anything is mounted.
    { name: 'dev/kmsg', mode: DEVICE, bytes: NOTHING, numbers: [1, 11] },
    { name: 'init', mode: PROGRAM, bytes: program },
  ])
}

/** As Documentation/driver-api/early-userspace/buffer-format.rst has it. */
function archive(entries: readonly Entry[]): Uint8Array {
  const end: Entry = { name: 'TRAILER!!!', mode: 0, bytes: NOTHING }
  return Buffer.concat(
    [...entries, end].flatMap(({ name, mode, bytes, numbers = [0, 0] }, index) => {
      const fields = [index + 1, mode, 0, 0, 1, 0, bytes.length, 0, 0, ...numbers, name.length + 1, 0]
      const head = `070701${fields.map(field => field.toString(16).padStart(8, '0')).join('')}${name}\0`
      return [padded(Buffer.from(head, 'latin1')), padded(bytes)]
    }),
  )
}

const padded = (bytes: Uint8Array) => Buffer.concat([bytes, Buffer.alloc((4 - (bytes.length % 4)) % 4)])
