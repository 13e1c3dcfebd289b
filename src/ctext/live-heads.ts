/**
 * Whether a function is nothing but `static inline` by its head: then a compiler makes it where the text names it, and
 * nowhere else.
 *
 * Worse mistake: to say so of one that something else keeps or calls. So attributes are known for harmless, or not at all.
 */
import type { Body } from './outline.ts'

const IS_INLINE = /(?:^|\s)(?:__)?inline(?:__)?(?=\s)/
const IS_STATIC = /(?:^|\s)static(?=\s)/
const LITERAL = /"(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*'/g

/** What neither keeps a function that nobody names, nor gives it another name: others may (`used`, clang's `interrupt`). */
const HARMLESS: ReadonlySet<string> = new Set(
  `access address_space aligned alloc_align alloc_size always_inline artificial assume_aligned btf_type_tag cdecl cold
  const deprecated designated_init disable_tail_calls error fallthrough flatten format format_arg function_return
  gnu_inline hot indirect_branch leaf malloc maybe_unused may_alias minsize mode ms_abi no_address_safety_analysis
  no_caller_saved_registers no_instrument_function no_profile_instrument_function no_sanitize no_sanitize_address
  no_sanitize_coverage no_sanitize_memory no_sanitize_thread no_sanitize_undefined no_split_stack no_stack_protector
  nocf_check nodebug noderef noinline noipa nonnull nonstring noreturn nothrow optimize optnone packed
  patchable_function_entry pure regparm returns_nonnull returns_twice section sentinel stack_protect sysv_abi target
  transparent_union unavailable unused vector_size visibility warn_unused_result warning zero_call_used_regs`.split(
    /\s+/,
  ),
)

/** What compilers call, or make, though no text names it: the runtime's functions, and where a program begins. */
const NAMED_BY_COMPILERS =
  /^(?:main|_(?:Unwind|Block)_\w+|__(?:atomic|sync|gcc|cxa|emutls|cyg|tls|stack)_\w+|__[a-z]+[sdtxhq][fic][a-z]{0,2}[234]?)$/

export function isPlainInline({ name, head }: Pick<Body, 'name' | 'head'>): boolean {
  const outside = withoutLists(head)
  return (
    IS_INLINE.test(outside) &&
    IS_STATIC.test(outside) &&
    !NAMED_BY_COMPILERS.test(name) &&
    // A pragma before it is no part of it, and what it declares besides is others' too.
    !/[#{]|\[\s*\[|\b__declspec\b/.test(head) &&
    attributesIn(head).every(each => HARMLESS.has(each))
  )
}

/** Without their arguments, and the underscores around them. */
function attributesIn(head: string): readonly string[] {
  const [, ...lists] = head.replace(LITERAL, '').split(/\b__attribute(?:__)?\s*\(\s*\(/)
  const names = lists.flatMap(list => ownWords(list).split(','))
  return names.map(name => name.trim().replace(/^_+|_+$/g, '')).filter(name => name !== '')
}

/** What stands in a list that is open, but for what stands in lists of it. */
function ownWords(list: string): string {
  let [depth, own] = [0, '']
  for (const sign of list) {
    if (sign === '(') depth++
    else if (sign !== ')') own += depth === 0 ? sign : ''
    else if (depth-- === 0) break
  }
  return own
}

/** Parameters may be `static` as well. */
function withoutLists(head: string): string {
  const left = head.replace(/\([^()[\]]*\)|\[[^()[\]]*\]/g, '')
  return left === head ? head : withoutLists(left)
}
