/**
 * Which objects the hypervisor's image is linked from, read from the same command files.
 *
 * prelink.o is linked from each folder's built_in.o and from lib.a, and these from objects of units. Some objects pass
 * through objcopy on the way (`dom0_build.init.o`, `libelf.o`), which renames sections: what runs is that copy.
 */

import { lastCommand, readCommand } from './command-file.ts'

/** How an object gets into the image. */
export interface Link {
  /** The objcopy runs between the compiler's object and the image: programs and options, without their files. */
  readonly copies: readonly (readonly string[])[]
  /** By way of an archive, from which the linker takes what it needs. */
  readonly archived: boolean
}

/** Command files' texts by target. */
export type CommandTexts = ReadonlyMap<string, string>

/** The objects that a compiler made and the image is linked from. */
export function readLinks(texts: CommandTexts, image: string): Map<string, Link> {
  const linked = new Map<string, Link>()
  const seen = new Set<string>()
  const visit = (target: string, link: Link) => {
    if (seen.has(target)) return
    seen.add(target)
    const command = readCommand(texts.get(target) ?? '')
    if (command === undefined) return
    const step = readStep(command.command, target)
    if (step.kind === 'compile') linked.set(target, link)
    else if (step.kind === 'objcopy') visit(step.input, { ...link, copies: [step.options, ...link.copies] })
    else for (const input of step.inputs) visit(input, { ...link, archived: link.archived || target.endsWith('.a') })
  }
  visit(image, { copies: [], archived: false })
  return linked
}

type Step =
  | { readonly kind: 'compile' }
  | { readonly kind: 'objcopy'; readonly input: string; readonly options: readonly string[] }
  | { readonly kind: 'join'; readonly inputs: readonly string[] }

const BINUTILS = /(^|[-/])(objcopy|ld|ar)(\.\w+)?(-[\d.]+)?$/

function readStep(command: string, target: string): Step {
  // Nearly all commands are one compiler's, and long; the others begin with, or end in, a program of binutils.
  if (!/;|&&|\|\|/.test(command) && !BINUTILS.test(command.trimStart().split(' ', 1)[0] ?? ''))
    return { kind: 'compile' }
  const last = lastCommand(command) ?? []
  const program = (last[0] ?? '').replace(/^.*\//, '')
  if (/(^|-)(objcopy)(-[\d.]+)?$/.test(program)) {
    return { kind: 'objcopy', input: last.at(-2) ?? '', options: last.slice(0, -2) }
  }
  if (/(^|-)(ld(\.\w+)?|ar)(-[\d.]+)?$/.test(program) || /^(gcc-|llvm-)(ar|ld)/.test(program)) {
    return {
      kind: 'join',
      inputs: last.filter((word, at) => /\.[oa]$/.test(word) && word !== target && last[at - 1] !== '-o'),
    }
  }
  return { kind: 'compile' }
}
