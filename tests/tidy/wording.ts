/**
 * Words that were mended and must not come back in texts for users. A row has what was said and what is said instead; add one when
 * another is mended.
 */
import ts from 'typescript'
import { type Breach, lineOf, nodesOf, product, read, trackedFiles } from './sources.ts'

const MENDED: readonly (readonly [was: RegExp, better: string])[] = [
  [/hold what they hold/, 'explains why each part is in them'],
  [/code that runs, or nothing/, 'patches only code that it has verified to be running'],
  [/types that live are guarded/i, 'changes to the layout of live data are refused'],
  [/\btakes them in, as here/, 'includes them'],
  [/holds one way against another/, 'cross-checks two modes'],
  [/\bwill do that was\b/, 'works'],
  [/would the hypervisor take it/i, 'check that the loader accepts it'],
  [/\bon the real thing\b/, 'test it on a real hypervisor'],
  [/\b(?:comes?|brought|brings?) to a stand(?:still)?\b/i, 'quiesces'],
  [/\bfarms?\b/i, 'mirror tree'],
  [/\ba mistake of hotsplice\b/i, 'a bug in hotsplice; please report it'],
  [/\bbring a payload to a host/, 'upload a payload to a host'],
  [/\btell the state of/, 'show the state of'],
  [/\bputs? (?:it|an? (?:uploaded )?payload|this one) to work/i, 'apply'],
  [/\bout of work\b/, 'reverted'],
  [/how long everything may take/, 'how long to wait for all CPUs or threads to quiesce'],
  [/although it lives across/, 'although old objects or callers remain'],
  [/\ba member more in\b/i, 'add a member to'],
  [/what is still off/, 'remaining line offsets'],
  [/\bis called otherwise\b/, 'changed its prototype'],
  [/has another number of/, 'has a different number of'],
  [/is cut in another way/, 'splits differently'],
  [/in the payload['’]s eyes/, 'but the payload expects N'],
  [/\bhangs on the\b/, 'depends on the'],
  [/the fewest obstacles has/, 'X has the fewest refusals'],
  [/\bwas built from, would tell\b/, 'not checked; pass --tree'],
  [/is another one by now/, 'was reused'],
  [/\breset without a word/, 'reset silently'],
  [/\bgets its way\b/, 'has its action aborted'],
  [/changes how often gives/, 'changing the number of uses shifts every later value'],
]

export function wordingBreaches(): readonly Breach[] {
  const strings = product.flatMap(source =>
    [...nodesOf(source.tree)]
      .filter(isText)
      .flatMap(node => breachesIn(node.text, source.path).map(breach => ({ ...breach, line: lineOf(source, node) }))),
  )
  const pages = trackedFiles.filter(file => /^(?:README\.md|CONTRIBUTING\.md|docs\/.+\.md)$/.test(file))
  return [...strings, ...pages.flatMap(file => breachesIn(read(file).toString('utf8').replaceAll('\n', ' '), file))]
}

export function breachesIn(text: string, file: string): readonly Breach[] {
  return MENDED.flatMap(([was, better]) => {
    const found = was.exec(text)?.[0]
    return found === undefined ? [] : [{ file, fact: `says “${found}” to users`, todo: `say: ${better}` }]
  })
}

function isText(node: ts.Node): node is ts.StringLiteralLike | ts.TemplateHead | ts.TemplateMiddle | ts.TemplateTail {
  return ts.isStringLiteralLike(node) || ts.isTemplateHead(node) || ts.isTemplateMiddleOrTemplateTail(node)
}
