/**
 * The pages about the house say what there is: paths, folders, names and commands that docs/ARCHITECTURE.md puts in code
 * spans, and the words that docs/GLOSSARY.md explains.
 */
import { type Breach, product, read, trackedFiles } from './sources.ts'

const ARCHITECTURE = 'docs/ARCHITECTURE.md'
const GLOSSARY = 'docs/GLOSSARY.md'

/** What paths may be relative to. */
const PLACES = ['', 'src/', 'docs/', 'src/flows/']
/** Words of C, of TypeScript, and of programs that are not ours. */
const FOREIGN = /^(any|!|__FILE__|\.init\.text|patch -p1|gcc -E)$/

export interface House {
  readonly files: readonly string[]
  /** The product's text. */
  readonly code: string
  readonly scripts: ReadonlySet<string>
  readonly targets: ReadonlySet<string>
}

export function documentBreaches(): readonly Breach[] {
  const house = houseOf()
  const text = (file: string) => read(file).toString('utf8')
  return [
    ...spanBreaches(text(ARCHITECTURE), house),
    ...folderBreaches(text(ARCHITECTURE), house),
    ...termBreaches(text(GLOSSARY), house),
  ]
}

function houseOf(): House {
  const manifest: { readonly scripts: Readonly<Record<string, string>> } = JSON.parse(
    read('package.json').toString('utf8'),
  )
  const makefile = read('Makefile').toString('utf8')
  return {
    files: trackedFiles,
    code: product.map(source => source.text).join('\n'),
    scripts: new Set(Object.keys(manifest.scripts)),
    targets: new Set([...makefile.matchAll(/^([a-z-]+):/gm)].map(([, name = '']) => name)),
  }
}

/** Each code span of the page is there. */
export function spanBreaches(page: string, house: House): readonly Breach[] {
  return linesOf(page).flatMap(({ text, line }) =>
    [...text.matchAll(/`([^`]+)`/g)].flatMap(([, span = '']) =>
      isThere(span, house)
        ? []
        : [{ file: ARCHITECTURE, line, fact: `there is no \`${span}\``, todo: 'say what it is called now' }],
    ),
  )
}

function isThere(span: string, { files, code, scripts, targets }: House): boolean {
  if (FOREIGN.test(span)) return true
  const [, npm] = /^npm run (\S+)/.exec(span) ?? []
  if (npm !== undefined) return scripts.has(npm)
  const [, target] = /^make (\S+)/.exec(span) ?? []
  if (target !== undefined) return targets.has(target)
  const [, script] = /^npx tsx (\S+)/.exec(span) ?? []
  const path = (script ?? span).replace(/\/$/, '')
  const isPath = files.some(file => PLACES.some(place => file === place + path || file.startsWith(`${place + path}/`)))
  if (isPath) return true
  // A file's or folder's name, where its folder was named before.
  if (/^[a-z-]+(\.ts)?$/.test(path)) return files.some(file => `${file}/`.includes(`/${path}/`))
  const [, name] = /^(\w+)(\(.*\))?$/.exec(span) ?? []
  return name !== undefined && new RegExp(`\\b${name}\\b`).test(code)
}

/** Each folder of src/, and each at the top, is on the page. */
export function folderBreaches(page: string, { files }: House): readonly Breach[] {
  const first = (below: RegExp) => new Set(files.flatMap(file => below.exec(file)?.[1] ?? []))
  const folders = [...first(/^src\/([^/]+)\//), ...first(/^([^./][^/]*)\//)]
  return folders
    .filter(folder => !page.includes(`\`${folder}\``) && !page.includes(`\`${folder}/`))
    .map(folder => ({ file: ARCHITECTURE, fact: `says nothing of the folder ${folder}`, todo: 'say what it is for' }))
}

/** Each word that is explained is used: in a name, or in a comment. */
export function termBreaches(page: string, { code }: House): readonly Breach[] {
  const words = code.toLowerCase()
  return linesOf(page).flatMap(({ text, line }) => {
    const terms = /^\*\*(.+?)\*\*/.exec(text)?.[1]?.split(', ') ?? []
    return terms
      .filter(
        term =>
          ![term, term.replaceAll(' ', ''), term.replaceAll(' ', '-')].some(spelled =>
            words.includes(spelled.toLowerCase()),
          ),
      )
      .map(term => ({
        file: GLOSSARY,
        line,
        fact: `nothing in src/ is called ${term}`,
        todo: 'explain the word that is used',
      }))
  })
}

function linesOf(page: string): readonly { readonly text: string; readonly line: number }[] {
  return page.split('\n').map((text, index) => ({ text, line: index + 1 }))
}
