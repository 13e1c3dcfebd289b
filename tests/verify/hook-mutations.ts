/** Hooks made wrong: tables of another size, pointers that lead nowhere, sections that are not loaded. */
import type { Editor } from './editor.ts'
import type { Mutation } from './mutations.ts'

const hooks = (name: string, edit: Mutation['edit']): Mutation => ({ name, base: 'hooks', edit })

const HOOKS: readonly string[] = [
  'load',
  'unload',
  'preapply',
  'apply',
  'postapply',
  'prerevert',
  'revert',
  'postrevert',
]

export function hookMutations(): Mutation[] {
  const target = (hook: string, value: bigint) => (e: Editor) => {
    e.setRelocation(`.rela.livepatch.hooks.${hook}`, 0, 'type', 0)
    e.put(`.livepatch.hooks.${hook}`, 0, 8, value)
  }
  return HOOKS.flatMap(hook => {
    const name = `.livepatch.hooks.${hook}`
    return [
      ...[0, 4, 7, 9, 16].map(size => hooks(`hook/${hook}-size-${size}`, e => e.setSection(name, 'size', size))),
      hooks(`hook/${hook}-two`, e => {
        e.move(name, 16)
        e.write(e.at(name, 8), 8, 0)
      }),
      hooks(`hook/${hook}-null`, target(hook, 0n)),
      hooks(`hook/${hook}-low`, target(hook, 0x10n)),
      hooks(`hook/${hook}-data`, e => {
        e.setRelocation(`.rela${name}`, 0, 'symbol', e.symbolNamed(`hook_on_${hook}`))
      }),
      hooks(`hook/${hook}-not-loaded`, e => e.setSection(name, 'flags', 1)),
      hooks(`hook/${hook}-empty-and-gone`, e => e.rename(name, 'x')),
    ]
  })
}
