/**
 * What a touched file of a Xen tree is, where no unit reads it. Each row says what to do: nothing (the file is no part
 * of the image), or refuse by name. The last row catches what nobody thought of, and refuses.
 */

export type Kind =
  /** Said in the report; the patch goes on. */
  | { readonly what: 'aside'; readonly code: string; readonly text: string }
  | { readonly what: 'refused'; readonly code: string; readonly text: string; readonly hint: string }
  /** A folder's Makefile, which somebody has to compare. */
  | { readonly what: 'makefile' }

export interface KindFacts {
  /** The folder below arch/ that the tree was built for; undefined where its units do not tell. */
  readonly arch: string | undefined
  readonly config: ReadonlyMap<string, string>
  /** Whether the file is new. */
  readonly added: boolean
}

interface Row {
  readonly matches: (path: string, facts: KindFacts) => boolean
  readonly kind: Kind
}

const aside = (code: string, text: string): Kind => ({ what: 'aside', code, text })

const OUTSIDE = aside('not-hypervisor', 'is not part of the hypervisor')
const BUILD_EDIT: Kind = {
  what: 'refused',
  code: 'makefile-edit',
  text: 'decides how everything is compiled; what the edit means for each unit is not known without building the tree',
  hint: 'leave the edit out of this patch, or put what it changes (a -D, an option) into the sources it is meant for',
}

const UNKNOWN: Kind = {
  what: 'refused',
  code: 'unknown-file',
  text: 'is a file of the hypervisor that no recorded command reads; whether the image depends on it is not known',
  hint: 'leave the file out of this patch',
}

const isOfMachine = (path: string) => /^xen\/(arch|include\/asm)[/-]/.test(path)

const ROWS: readonly Row[] = [
  { matches: path => /^(Config\.mk|config\/)/.test(path), kind: BUILD_EDIT },
  {
    matches: (path, { config }) =>
      /^(tools\/flask\/policy|xen\/xsm\/flask\/policy)\//.test(path) && config.get('XSM_FLASK') === 'y',
    kind: {
      what: 'refused',
      code: 'flask-policy',
      text: 'is security policy that the build turns into headers or into the built-in policy',
      hint: 'load the new policy with xl loadpolicy instead of hotpatching it',
    },
  },
  { matches: path => !path.startsWith('xen/'), kind: OUTSIDE },
  {
    matches: path => /^xen\/(test|tools\/kconfig)\//.test(path),
    kind: aside('not-hypervisor', 'is not part of the image'),
  },
  {
    matches: (path, { arch }) =>
      isOfMachine(path) &&
      arch !== undefined &&
      !path.startsWith(`xen/arch/${arch}/`) &&
      !path.startsWith(`xen/include/asm-${arch}`),
    kind: aside('other-architecture', 'belongs to an architecture that this tree was not built for'),
  },
  {
    matches: path => /(^|\/)Kconfig[^/]*$/.test(path),
    kind: {
      what: 'refused',
      code: 'kconfig-edit',
      text: 'changes what can be configured; the running hypervisor has its configuration already',
      hint: 'leave the Kconfig edit out, and let the code use what this configuration gives (autoconf.h)',
    },
  },
  {
    matches: path => /^xen\/(xsm\/flask\/policy\/)/.test(path),
    kind: aside('not-compiled', 'is not used in this configuration'),
  },
  {
    matches: path => /\.lds(\.S)?$/.test(path),
    kind: {
      what: 'refused',
      code: 'linker-script',
      text: 'lays out the image that is running already',
      hint: 'leave the edit of the linker script out of this patch',
    },
  },
  {
    matches: path => /^xen\/(.*\/)?(Makefile|build\.mk)$/.test(path) && !/^xen\/(Makefile|tools\/)/.test(path),
    kind: { what: 'makefile' },
  },
  { matches: path => /(^|\/)(Makefile[^/]*|[^/]*\.mk|Kbuild\.include|Kconfig\.include)$/.test(path), kind: BUILD_EDIT },
  {
    matches: path => /^xen\/(scripts|tools)\//.test(path),
    kind: {
      what: 'refused',
      code: 'build-tool',
      text: 'is a tool of the build; what it would make differently is not known without building the tree',
      hint: 'leave the edit of the build’s tools out of this patch; it does not change what runs',
    },
  },
  // Another machine's files are no part of the image, and which those are is not known.
  {
    matches: (path, { arch }) => isOfMachine(path) && arch === undefined && /\.(c|h|S|s|inc)$/.test(path),
    kind: UNKNOWN,
  },
  {
    matches: (path, { added }) => added && /\.(h|inc)$/.test(path),
    kind: aside('new-header', 'is new; the units that include it are found by what else the patch touches'),
  },
  {
    matches: path => /\.(c|h|S|s|inc)$/.test(path),
    kind: aside('not-compiled', 'is not compiled in this configuration'),
  },
  {
    matches: path =>
      /(^|\/)(COPYING|README|MAINTAINERS|CHANGELOG|\.gitignore)[^/]*$|\.(md|txt|rst|pandoc)$|_defconfig$|\.config$/.test(
        path,
      ),
    kind: aside('not-hypervisor', 'is not part of the image'),
  },
]

/** What to do about a touched file (relative to `base`) that no unit and no generated header reads. */
export function kindOf(path: string, facts: KindFacts): Kind {
  return ROWS.find(row => row.matches(path, facts))?.kind ?? UNKNOWN
}
