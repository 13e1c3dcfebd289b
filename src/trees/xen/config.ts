/** What Xen's own files say about a tree: which version it is, and how it was configured. */
import { join } from 'node:path'
import { readText } from '../layout.ts'

/** `4.17` from the hypervisor's Makefile; undefined where this is not the hypervisor's folder. */
export function readVersion(folder: string): { readonly major: number; readonly minor: number } | undefined {
  const text = readText(join(folder, 'Makefile')) ?? ''
  const major = /^(?:export )?XEN_VERSION\s*[:?]?=\s*(\d+)\s*$/m.exec(text)?.[1]
  const minor = /^(?:export )?XEN_SUBVERSION\s*[:?]?=\s*(\d+)\s*$/m.exec(text)?.[1]
  if (major === undefined || minor === undefined) return undefined
  return { major: Number(major), minor: Number(minor) }
}

/** CONFIG_ options by name without the prefix, strings without their quotes. Options that are not set are absent. */
export function readConfig(text: string): Map<string, string> {
  const config = new Map<string, string>()
  for (const [, name, value] of text.matchAll(/^CONFIG_(\w+)=(.*)$/gm)) {
    if (name !== undefined && value !== undefined) config.set(name, value.trim().replace(/^"(.*)"$/, '$1'))
  }
  return config
}
