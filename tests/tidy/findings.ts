/**
 * Each code that a user can meet has its words in docs/findings, and each page its code.
 * - a refusal (`changed-data`): a page of its own, docs/findings/changed-data.md;
 * - an error (`elf/truncated`): a section `## elf/truncated` in docs/findings/errors-elf.md.
 */
import ts from 'typescript'
import { type Breach, lineOf, nodesOf, product, read, type SourceFile, trackedFiles } from './sources.ts'

interface Code {
  readonly code: string
  readonly file: string
  readonly line: number
}

const ERROR = /^[a-z]+\/[a-z0-9-]+$/
const PAGE = /^docs\/findings\/(.+)\.md$/
/** Pages about something else than one refusal. */
const OTHER_PAGES = /^docs\/findings\/(errors-|verify-|README)/

export function findingBreaches(): readonly Breach[] {
  return [...refusalBreaches(), ...errorBreaches()]
}

function refusalBreaches(): readonly Breach[] {
  const codes = product.flatMap(source => codesIn(source, isRefusalCode))
  const pages = trackedFiles.filter(file => PAGE.test(file) && !OTHER_PAGES.test(file))
  return compare(
    codes,
    new Map(pages.map(file => [PAGE.exec(file)?.[1] ?? '', file])),
    code => `docs/findings/${code}.md`,
  )
}

function errorBreaches(): readonly Breach[] {
  const codes = product.flatMap(source => codesIn(source, isErrorCode))
  const pages = trackedFiles.filter(file => file.startsWith('docs/findings/errors-'))
  const sections = pages.flatMap(file =>
    [
      ...read(file)
        .toString('utf8')
        .matchAll(/^## (.+)$/gm),
    ].map(([, code = '']) => [code, file] as const),
  )
  const place = (code: string) => `a section "## ${code}" in docs/findings/errors-${code.split('/')[0]}.md`
  return compare(codes, new Map(sections), place)
}

function compare(
  codes: readonly Code[],
  told: ReadonlyMap<string, string>,
  place: (code: string) => string,
): readonly Breach[] {
  const known = new Set(codes.map(({ code }) => code))
  const first = new Map(codes.toReversed().map(code => [code.code, code]))
  const untold = [...first.values()]
    .filter(({ code }) => !told.has(code))
    .map(({ code, file, line }) => ({ file, line, fact: `nothing explains ${code}`, todo: `write ${place(code)}` }))
  const unknown = [...told]
    .filter(([code]) => !known.has(code))
    .map(([code, file]) => ({ file, fact: `nothing in src/ says ${code}`, todo: 'take it out, or mend the name' }))
  return [...untold, ...unknown]
}

function codesIn(source: SourceFile, isCode: (node: ts.StringLiteralLike) => boolean): readonly Code[] {
  return [...nodesOf(source.tree)]
    .filter(ts.isStringLiteralLike)
    .filter(isCode)
    .map(node => ({ code: node.text, file: source.path, line: lineOf(source, node) }))
}

/** `code: 'x'` in an object that has a way out, too. */
function isRefusalCode({ parent, text }: ts.StringLiteralLike): boolean {
  if (ERROR.test(text) || !ts.isPropertyAssignment(parent) || parent.name.getText() !== 'code') return false
  return parent.parent.properties.some(property => property.name?.getText() === 'hint')
}

/** An argument of a call, or a `code`, that looks like one. */
function isErrorCode({ parent, text }: ts.StringLiteralLike): boolean {
  if (!ERROR.test(text)) return false
  if (ts.isPropertyAssignment(parent)) return parent.name.getText() === 'code'
  const isArgument = ts.isCallExpression(parent) || ts.isNewExpression(parent)
  return isArgument && STAGES.has(text.split('/')[0] ?? '') && !parent.getText().startsWith('import(')
}

/**
 * What the first half of an error code may be; other texts with a slash are paths. Codes are public: these stay as they
 * are, whatever the folders are called. To add one: its name here, and docs/findings/errors-<name>.md.
 */
const STAGES = new Set([
  'apply',
  'assemble',
  'build',
  'cli',
  'debian',
  'diff',
  'dwarf',
  'elf',
  'explain',
  'fleet',
  'publish',
  'debug',
  'inspect',
  'internal',
  'library',
  'lines',
  'linux',
  'process',
  'rehearse',
  'report',
  'sign',
  'source',
  'special',
  'system',
  'target',
  'toolchain',
  'translate',
  'verify',
  'xen',
])
