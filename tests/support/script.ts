import { mkdirSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'

/** A program that the shell runs, in a folder that is made where it is missing; its path. */
export function writeScript(path: string, text: string): string {
  mkdirSync(dirname(path), { recursive: true })
  writeFileSync(path, `#!/bin/sh\n${text}\n`, { mode: 0o755 })
  return path
}
