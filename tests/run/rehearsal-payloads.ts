/**
 * Payloads written by hand in assembly, so that the rehearsal's tests need nothing of the pipeline.
 * Each replaces a function of the running Xen, or runs code from its load hook, or is wrong in one way.
 */
import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** What a payload must know of the Xen it is for. */
export interface TargetXen {
  readonly buildId: string
  sizeOf(name: string): number
}

export function readTarget(xenSyms: string): TargetXen {
  const table = execFileSync('nm', ['-S', xenSyms], { encoding: 'utf8', maxBuffer: 64 * 1024 * 1024 })
  return {
    buildId: buildIdOf(xenSyms),
    sizeOf(name) {
      const size = new RegExp(`^[0-9a-f]+ ([0-9a-f]+) [Tt] ${name}$`, 'm').exec(table)?.[1]
      if (size === undefined) throw new Error(`${name} is not in ${xenSyms}`)
      return Number.parseInt(size, 16)
    },
  }
}

/**
 * A payload whose `name` returns the text. Its labels (.L…) make no symbols: two payloads may not bring the
 * same new symbol.
 */
export function textPayload(target: TargetXen, name: string, text: string, depends = target.buildId): Uint8Array {
  const body = [
    `.section .text.${name}, "ax"`,
    '.Lstart: lea .Lwords(%rip), %rax',
    'ret',
    '.byte 0xcc, 0xcc', // at least the five bytes that a jump to it would need
    '.Lend:',
    `.section .rodata.${name}, "a"`,
    `.Lwords: .asciz "${text}"`,
    `.Lold: .asciz "${name}"`,
    '.section .livepatch.funcs, "a"',
    '.quad .Lold, .Lstart, 0', // old address: by name
    `.long .Lend - .Lstart, ${target.sizeOf(name)}`,
    '.byte 2', // version of this structure
    '.zero 39 + 32', // padding; no expectation
  ]
  return assemble([...body, ...notes(target.buildId, depends)])
}

/** A payload that does nothing but run `code` when it is applied, all processors standing still. */
export function hookPayload(target: TargetXen, code: readonly string[], data: readonly string[] = []): Uint8Array {
  const body = [
    '.section .text.hook, "ax"',
    '.Lhook:',
    ...code,
    '.section .rodata.hook, "a"',
    ...data,
    '.section .livepatch.hooks.load, "a"',
    '.quad .Lhook',
  ]
  return assemble([...body, ...notes(target.buildId, target.buildId)])
}

function notes(xenDepends: string, depends: string): string[] {
  const note = (section: string, id: string) => [
    `.section ${section}, "a"`,
    `.long 4, ${id.length / 2}, 3`, // a GNU build-id
    '.asciz "GNU"',
    ...(id.match(/../g) ?? []).map(byte => `.byte 0x${byte}`),
  ]
  return [...note('.livepatch.xen_depends', xenDepends), ...note('.livepatch.depends', depends)]
}

function assemble(lines: readonly string[]): Uint8Array {
  return inFolder(folder => {
    writeFileSync(join(folder, 'payload.s'), `${[...lines, '.section .note.GNU-stack, "", @progbits'].join('\n')}\n`)
    execFileSync('gcc', ['-c', 'payload.s', '-o', 'payload.o'], { cwd: folder })
    execFileSync('ld', ['-r', '--build-id=sha1', 'payload.o', '-o', 'payload'], { cwd: folder })
    return new Uint8Array(readFileSync(join(folder, 'payload')))
  })
}

/** The build-id of a file, or of a payload's bytes, as readelf tells it. */
export function buildIdOf(what: string | Uint8Array): string {
  if (typeof what !== 'string') {
    return inFolder(folder => {
      writeFileSync(join(folder, 'payload'), what)
      return buildIdOf(join(folder, 'payload'))
    })
  }
  const words = execFileSync('readelf', ['-nW', what], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] })
  const id = /Build ID: ([0-9a-f]+)/.exec(words)?.[1]
  if (id === undefined) throw new Error(`no build-id in ${what}`)
  return id
}

function inFolder<T>(work: (folder: string) => T): T {
  const folder = mkdtempSync(join(tmpdir(), 'hotsplice-test-'))
  try {
    return work(folder)
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}
