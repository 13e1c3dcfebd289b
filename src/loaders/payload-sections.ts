/** The names of a payload's own sections (Xen's `livepatch.h`; the process host uses the same). */
export const FUNCS = '.livepatch.funcs'
export const STRINGS = '.livepatch.strings'
/** The payload or system below, by build-id. */
export const DEPENDS = '.livepatch.depends'
/** The system itself, by build-id. */
export const XEN_DEPENDS = '.livepatch.xen_depends'
export const BUILD_ID = '.note.gnu.build-id'
export const MODINFO = '.modinfo'

export const HOOK_PREFIX = '.livepatch.hooks.'

export const LIST_HOOKS: readonly string[] = ['load', 'unload'].map(name => HOOK_PREFIX + name)

export const SINGLE_HOOKS: readonly string[] = [
  'preapply',
  'apply',
  'postapply',
  'prerevert',
  'revert',
  'postrevert',
].map(name => HOOK_PREFIX + name)
/** The structure of a module of Linux; whatever has it is one. */
export const MODULE_STRUCTURE = '.gnu.linkonce.this_module'
/** What a live patch for Linux hands to the live patching core, as this tool calls it. */
export const LIVEPATCH_TABLES = '.data.livepatch'
/** Checksums of what a module of Linux uses of the kernel. */
export const MODULE_VERSIONS = '__versions'
