/**
 * Builds the hypervisor of an unpacked Debian source the way the package does: by its debian/rules, which know the compiler,
 * the flags (maps of paths among them) and the environment, and by its debian/xen-kconfig. The rules are not read, they are
 * asked: a makefile with targets of ours is read behind them, so that whatever they set and export counts. (With --eval these
 * targets would be there in each make below, too, in front of its own.)
 *
 * Source: debian/rules of Debian's xen 4.11 to 4.20, `make_args_xen` and override_dh_auto_configure.
 */
import { existsSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { InputError } from '../../base/errors.ts'
import type { Run } from '../model.ts'
import { packageHint, run } from '../run.ts'

const RULES = 'debian/rules'
const CONFIG = 'debian/xen-kconfig'
/** The variable of the rules that has what make is given. */
const ARGUMENTS = 'make_args_xen'

const TARGETS = [
  `hotsplice-arguments: ; @printf '%s\\n' $(${ARGUMENTS})`,
  `hotsplice-configure: ; cp ${CONFIG} xen/.config && $(MAKE) -C xen olddefconfig $(${ARGUMENTS})`,
  `hotsplice-build: ; $(MAKE) -C xen $(${ARGUMENTS})`,
]
/** The package's build has its own; those of whoever called us would be taken for them. */
const NOT_OURS = ['SOURCE_DATE_EPOCH', 'MAKEFLAGS', 'MAKELEVEL', 'MFLAGS', 'CFLAGS', 'LDFLAGS', 'CPPFLAGS']

/** Builds in the source's own folder, and returns what the package's rules give to make. `scratch` is for what is passing. */
export async function buildAsPackage(source: string, scratch: string, own: Run): Promise<readonly string[]> {
  for (const file of [RULES, CONFIG]) {
    if (!existsSync(join(source, file))) throw unknownRules(`there is no ${file}`)
  }
  const targets = join(scratch, 'targets.mk')
  writeFileSync(targets, `${TARGETS.join('\n')}\n`)
  const ask = (target: string, more: readonly string[] = []) => {
    const unset = NOT_OURS.flatMap(name => ['-u', name])
    const words = ['env', ...unset, 'make', '--no-print-directory', '-f', RULES, '-f', targets, ...more, target]
    const settings = { folder: source, scratch, signal: own.signal }
    const slots = own.pool.size
    return own.pool.use({ slots, signal: own.signal }, () => run(words, settings))
  }
  const told = await ask('hotsplice-arguments')
  const words = told.output.split('\n').filter(word => word !== '')
  if (told.exit !== 0) throw failed(`${RULES} cannot be asked for ${ARGUMENTS}`, told)
  if (!words.some(word => word.startsWith('XEN_TARGET_ARCH='))) throw unknownRules(`it sets no ${ARGUMENTS}`)
  own.progress.step('configuring Xen as the package does')
  const configured = await ask('hotsplice-configure')
  if (configured.exit !== 0) throw failed('the package’s configuration failed', configured)
  own.progress.step('building Xen once, as the package does; this takes minutes')
  const built = await ask('hotsplice-build', [`-j${own.pool.size}`])
  if (built.exit !== 0) throw failed('the package’s build of Xen failed', built)
  return words
}

const SHOWN_LINES = 20

function failed(what: string, { output, errors }: { readonly output: string; readonly errors: string }): InputError {
  const all = `${output}${errors}`
  const missing = /(?:\/bin\/sh: \d+: |make[^:]*: |bash: (?:line \d+: )?)([\w+-]+): (?:command |No such file|)/.exec(
    errors,
  )
  const isMissing = missing !== null && /not found|No such file/.test(errors)
  const last = all.trimEnd().split('\n').slice(-SHOWN_LINES).join('\n')
  return new InputError(
    'debian/not-built',
    `${what}:\n${last}`,
    isMissing
      ? packageHint(missing[1] ?? '')
      : 'does the package build here? apt-get build-dep xen installs what it needs',
  )
}

function unknownRules(fact: string): InputError {
  return new InputError(
    'debian/unknown-rules',
    `the source is not packaged as Debian’s xen: ${fact}`,
    'build the tree by hand as its package does, and give it with --tree; --symbols takes the installed image',
  )
}
