/** What the live patching core asks of a patch. Source: Linux 6.1 kernel/livepatch/core.c and patch.c. */
import { type Finding, finding, NotReached, when } from '../finding.ts'
import { findKernelSymbol } from './kernel-search.ts'
import type { ModuleLoadContext } from './load-context.ts'
import { initOf, type LivePatch, livePatchOf, type PatchedFunction } from './patch.ts'
import type { ModuleRule } from './rule.ts'

const core = 'kernel/livepatch/core.c'
/** KSYM_NAME_LEN. */
const NAME = 512

const objectsOf = (patch: LivePatch) => patch.objects ?? []

/** A function with the module that has it; none for the kernel proper. */
type OwnedFunction = PatchedFunction & { readonly module: string | undefined }

/** For each function of the kernel proper, and of modules that are known, what is wrong with it. */
function each(
  loading: ModuleLoadContext,
  check: (one: OwnedFunction, item: number) => readonly Finding[],
): readonly Finding[] {
  const { modules } = loading.kernel
  return objectsOf(livePatchOf(loading))
    .filter(({ name }) => name === undefined || modules.includes(name))
    .flatMap(({ name: module, functions }) => functions.map(one => ({ ...one, module })))
    .flatMap((one, index) => check(one, index))
}

function placeOf({ kernel }: ModuleLoadContext, { oldName = '', position, module }: OwnedFunction): bigint | undefined {
  const found = findKernelSymbol(kernel, oldName, Number(position), module)
  return 'fault' in found ? undefined : found.address
}

/** kernel/trace/ftrace.c, ftrace_location(): the first place in the function. */
function hasSite({ kernel }: ModuleLoadContext, address: bigint): boolean {
  const end = kernel.nextSymbolAddress(address) ?? address + 1n
  for (let at = address; at < end; at++) if (kernel.hasFtraceSite(at)) return true
  return false
}

export const PATCH_RULES: readonly ModuleRule[] = [
  {
    code: 'module-init',
    step: 'init',
    source: 'kernel/module/main.c do_init_module',
    title: 'the module has code that hands its patch over, and can be unloaded again',
    check: loading => [
      ...when(initOf(loading) === 0n, () =>
        finding(
          'wrong',
          'nothing runs when the module is loaded: the kernel takes it, and nothing is patched',
          '.gnu.linkonce.this_module',
        ),
      ),
      ...when(initOf(loading) !== 0n && initOf(loading, 'exit') === 0n, () =>
        finding(
          'warning',
          'the module has nothing that runs at its end, so it can never be unloaded',
          '.gnu.linkonce.this_module',
        ),
      ),
    ],
  },
  {
    code: 'build-id',
    step: 'init',
    source: 'the module itself',
    title: 'the module is for this kernel’s build-id',
    check: loading => {
      const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString('hex')
      const [own, kernel] = [hex(livePatchOf(loading).buildId), hex(loading.kernel.facts.buildId)]
      return when(own !== kernel, () =>
        finding('ENOEXEC', `the module is for the kernel ${own}, this one is ${kernel}`, '.init.text'),
      )
    },
  },
  {
    code: 'klp-patch',
    step: 'enable',
    source: `${core} klp_enable_patch`,
    title: 'the patch says which module it is of, and which objects it is about',
    check: loading => {
      const { module, objects } = livePatchOf(loading)
      return [
        ...when(module === 'none' || objects === undefined, () =>
          finding('EINVAL', `the patch has no ${module === 'none' ? 'module' : 'objects'}`, 'struct klp_patch'),
        ),
        ...when(module === 'another', () =>
          finding(
            'crash',
            'the patch says that it is of a module, and does not lead to this one’s structure',
            'struct klp_patch',
          ),
        ),
      ]
    },
  },
  {
    code: 'klp-object',
    step: 'enable',
    source: `${core} klp_enable_patch`,
    title: 'every object has functions',
    check: loading =>
      objectsOf(livePatchOf(loading)).flatMap(({ name = 'vmlinux', hasFunctions }) =>
        when(!hasFunctions, () =>
          finding('EINVAL', `the object ${name} has no list of functions`, 'struct klp_object'),
        ),
      ),
  },
  {
    code: 'klp-modinfo',
    step: 'enable',
    source: `${core} klp_enable_patch`,
    title: 'the module says that it is a live patch (livepatch=)',
    check: loading => {
      livePatchOf(loading)
      return when(loading.word('livepatch') === undefined, () =>
        finding('EINVAL', 'the module does not say that it is a live patch (livepatch=Y)', '.modinfo'),
      )
    },
  },
  {
    code: 'klp-function',
    step: 'objects',
    source: `${core} klp_init_func`,
    title: 'every function has an old name and new code, and stands there once',
    check: loading => {
      const seen = new Set<string>()
      return each(loading, ({ oldName, hasNew, position, module }, item) => {
        const place = `function ${item}`
        if (oldName === undefined || !hasNew) {
          return [finding('EINVAL', `${place} has no ${oldName === undefined ? 'old name' : 'new code'}`, place, item)]
        }
        if (oldName.length >= NAME)
          return [finding('EINVAL', `the name of ${place} has ${oldName.length} characters`, place, item)]
        const key = `${module === undefined ? '' : `${module}:`}${oldName},${position === 0n ? 1n : position}`
        if (seen.has(key)) return [finding('EEXIST', `${key} stands there twice`, place, item)]
        seen.add(key)
        return []
      })
    },
  },
  {
    code: 'klp-function-found',
    step: 'objects',
    source: `${core} klp_find_object_symbol`,
    title: 'the kernel has every function that is replaced, at its position',
    check: loading =>
      each(loading, ({ oldName = '', position, module }, item) => {
        const found = findKernelSymbol(loading.kernel, oldName, Number(position), module)
        // After all of them have been added.
        return 'fault' in found ? [finding('EINVAL', found.fault, `function ${item}`, AFTER + item)] : []
      }),
  },
  {
    code: 'klp-other-objects',
    step: 'objects',
    source: `${core} klp_init_object_loaded`,
    title: 'modules that the patch is about are known, so that their functions were looked for',
    check: loading => {
      const { modules } = loading.kernel
      const others = objectsOf(livePatchOf(loading)).flatMap(({ name = '' }) =>
        name === '' || modules.includes(name) ? [] : name,
      )
      if (others.length === 0) return []
      throw new NotReached(`needs the module ${others[0]}, which the patch is about`, 'needs')
    },
  },
  {
    code: 'ftrace-site',
    step: 'functions',
    source: 'kernel/livepatch/patch.c klp_patch_func',
    title: 'every function that is replaced has a call of ftrace’s, by which it is taken over',
    check: loading =>
      each(loading, (one, item) => {
        const place = placeOf(loading, one)
        return when(place !== undefined && !hasSite(loading, place), () =>
          finding('EINVAL', `${one.oldName} has no call of ftrace’s (notrace, or assembly)`, `function ${item}`, item),
        )
      }),
  },
  {
    code: 'stack-check',
    step: 'run',
    source: 'kernel/livepatch/transition.c klp_check_stack_func',
    title: 'tasks that sleep in what is replaced are all seen: no part of it lies elsewhere',
    check: loading =>
      each(loading, ({ oldName = '', module }, item) => {
        const part = `${oldName}.cold`
        return when((loading.kernel.namedIn(part, module) ?? []).length > 0, () =>
          finding(
            'warning',
            `${oldName} has an out-of-line part (${part}), where the kernel does not look for tasks that sleep`,
            `function ${item}`,
            item,
          ),
        )
      }),
  },
  {
    code: 'cumulative',
    step: 'revert',
    source: `${core} klp_add_nops`,
    title: 'the patch takes the place of those before it, or is the only one',
    check: loading =>
      when(!livePatchOf(loading).replaces, () =>
        finding(
          'warning',
          'the patch does not replace those that are enabled: of a function that several have, the code of the one that was enabled last runs',
          'struct klp_patch',
        ),
      ),
  },
]

/** Rules of kernels before 6.3, which leave fields filled when a module goes (klp_clear_object_relocs() came then). */
export const RELOAD_RULES: readonly ModuleRule[] = [
  {
    code: 'module-reload',
    step: 'run',
    source: `${core} klp_apply_object_relocs; arch/x86/kernel/module.c __write_relocate_add`,
    title: 'a module that the patch is about can be unloaded and loaded again meanwhile',
    check: loading => {
      const tables = loading.sections.slice(1).map(section => loading.nameOf(section))
      const modules = new Set(tables.flatMap(name => /^\.klp\.rela\.([^.]{1,55})/.exec(name)?.[1] ?? []))
      modules.delete('vmlinux')
      return [...modules].map((module, item) =>
        finding(
          'warning',
          `once the module ${module} is unloaded, this kernel does not load it again as long as the live patch is there: fields that refer to it hold their old values`,
          `.klp.rela.${module}`,
          item,
        ),
      )
    },
  },
]

const AFTER = 1 << 20
