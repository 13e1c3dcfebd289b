/** A file that is read in parts, so that its size does not matter; what has no size (a pipe) is read whole. */
import { closeSync, fstatSync, openSync, readFileSync, readSync } from 'node:fs'
import { InputError } from '../base/errors.ts'

interface Parts {
  readonly length: number
  readonly read: (offset: number, size: number) => Uint8Array
}

export interface OpenedParts extends Parts {
  close(): void
}

/** Throws what the system says where there is no such file. */
export function openParts(path: string): OpenedParts {
  const file = openSync(path, 'r')
  try {
    const found = fstatSync(file)
    if (found.isFile()) return partsOf(path, file, found.size)
    const bytes = new Uint8Array(readFileSync(file))
    closeSync(file)
    return {
      length: bytes.length,
      read: (offset, size) => bytes.subarray(offset, offset + size),
      close: () => undefined,
    }
  } catch (error) {
    closeSync(file)
    throw error
  }
}

function partsOf(path: string, file: number, length: number): OpenedParts {
  let closed = false
  return {
    length,
    read(offset, size) {
      const bytes = new Uint8Array(size)
      for (let got = 0; got < size; ) {
        const part = readSync(file, bytes, got, size - got, offset + got)
        if (part === 0) {
          const fact = `${path} had ${length} bytes when it was opened, and ends at ${offset + got} now`
          throw new InputError('process/cannot-read', fact)
        }
        got += part
      }
      return bytes
    },
    close() {
      // A second close could hit a file that got the number meanwhile.
      if (!closed) closeSync(file)
      closed = true
    },
  }
}

/** What `use` makes of the file, which is closed then. */
export function withParts<Result>(path: string, use: (parts: Parts) => Result): Result {
  const parts = openParts(path)
  try {
    return use(parts)
  } finally {
    parts.close()
  }
}
