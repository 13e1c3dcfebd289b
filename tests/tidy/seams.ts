/**
 * Which loader and which machine it is, is asked of a value, never by name: what one of them knows stands in its folder.
 * - no comparison with a loader's name or value outside of that loader's own folders and the hosts;
 * - numbers of machines (EM_*) in elf and machines only, and no comparison with one machine;
 * - opcodes, and the decoder, with machines and where code is held against code.
 * And a report is made where it is found out: what speaks to users shows it, and puts none together.
 */
import ts from 'typescript'
import { type Breach, importsOf, lineOf, nodesOf, product, type SourceFile } from './sources.ts'

interface Seam {
  /** Where it is allowed. */
  readonly home: RegExp
  readonly isBreach: (node: ts.Node) => boolean
  readonly fact: string
  readonly todo: string
}

/** To add a loader or a machine: its names here. */
const LOADER_NAMES = new Set(['xen', 'process'])
const LOADER_VALUES = new Set(['XEN', 'PROCESS'])
const MACHINE_VALUES = new Set(['X86_64', 'AARCH64'])

/**
 * Bytes that are instructions of x86-64 wherever they are written down: calls, jumps, returns, traps, NOPs, loads, landing
 * pads; and words of AArch64. Masks and characters have other values.
 */
const OPCODES = new Set([0xe8, 0xe9, 0xeb, 0xc3, 0xcc, 0x90, 0xb8, 0xf3, 0xfa, 0xfa1e0ff3, 0x1f0f66, 0x011f0f66])
const OPCODE_WORDS = new Set([0xd503201f, 0xd503241f, 0x14000000, 0x94000000, 0xd65f03c0])

const SEAMS: readonly Seam[] = [
  {
    home: /^src\/(loaders\/xen|loaders\/process|trees\/xen|verify\/xen|hosts)\//,
    isBreach: node => comparedWith(node).some(isLoader),
    fact: 'asks which loader it is',
    todo: 'ask the Loader (or the TreeKind) for what it knows; a new answer is a field of loaders/loader.ts',
  },
  {
    home: /^src\/machines\//,
    isBreach: node => comparedWith(node).some(isMachine),
    fact: 'asks which machine it is',
    todo: 'ask the Machine for what it knows; what it does not know is undefined, and refused',
  },
  {
    home: /^src\/(elf|machines)\//,
    isBreach: node => ts.isIdentifier(node) && node.text.startsWith('EM_'),
    fact: 'names a machine by its ELF number',
    todo: 'take the number from the object, or from the Machine of a target',
  },
  {
    home: /^src\/(machines|verify\/code|verify\/xen\/machines|elf|dwarf)\//,
    isBreach: isOpcode,
    fact: 'has an opcode in it',
    todo: 'put the question to machines/machine.ts (what verify must know by itself: verify/xen/machines)',
  },
]

const MADE_BELOW: Seam = {
  home: /^src\/(?!(cli|library)\/)/,
  isBreach: node =>
    ts.isPropertyAssignment(node) && node.name.getText() === 'schema' && ts.isNumericLiteral(node.initializer),
  fact: 'puts a report together',
  todo: 'let a flow make it (src/flows), of a type in src/report',
}

/** The library that knows x86's instructions. */
const DECODER = 'iced-x86'
const DECODER_HOME = /^src\/(machines|verify\/xen\/machines)\//

/** What belongs to one machine is reached through its value; relocation numbers are names of a format. */
const OF_ONE_MACHINE = /^src\/machines\/(?!(x86-64\/x86-64|aarch64\/aarch64|[^/]+\/relocation-numbers)\.ts$)[^/]+\//

export function seamBreaches(): readonly Breach[] {
  return product.flatMap(seamsIn)
}

export function seamsIn(source: SourceFile): readonly Breach[] {
  const { path } = source
  const nodes = [...nodesOf(source.tree)]
  const found = [...SEAMS, MADE_BELOW]
    .filter(({ home }) => !home.test(path))
    .flatMap(({ isBreach, fact, todo }) =>
      nodes.filter(isBreach).map(node => ({ file: path, line: lineOf(source, node), fact, todo })),
    )
  const decoders = importsOf(source).filter(({ target }) => target === DECODER && !DECODER_HOME.test(path))
  const ofDecoder = { fact: 'decodes instructions', todo: 'put the question to machines/machine.ts' }
  const inner = /^src\/machines\//.test(path)
    ? []
    : importsOf(source).filter(({ target }) => OF_ONE_MACHINE.test(target))
  const ofInner = { fact: 'takes the answers of one machine', todo: 'ask machineOf(…), which may not know' }
  return [
    ...found,
    ...inner.map(({ line }) => ({ file: path, line, ...ofInner })),
    ...decoders.map(({ line }) => ({ file: path, line, ...ofDecoder })),
  ]
}

const EQUALITIES: ReadonlySet<ts.SyntaxKind> = new Set([
  ts.SyntaxKind.EqualsEqualsEqualsToken,
  ts.SyntaxKind.ExclamationEqualsEqualsToken,
  ts.SyntaxKind.EqualsEqualsToken,
  ts.SyntaxKind.ExclamationEqualsToken,
])

/** What a comparison for equality, or a case, holds something against. */
function comparedWith(node: ts.Node): readonly ts.Expression[] {
  if (ts.isBinaryExpression(node) && EQUALITIES.has(node.operatorToken.kind)) return [node.left, node.right]
  return ts.isCaseClause(node) ? [node.expression] : []
}

/** `'xen'`, `XEN`, `XEN.name`. */
function isLoader(expression: ts.Expression): boolean {
  if (ts.isStringLiteralLike(expression)) return LOADER_NAMES.has(expression.text)
  return LOADER_VALUES.has(baseOf(expression))
}

const isMachine = (expression: ts.Expression) => MACHINE_VALUES.has(baseOf(expression))

function baseOf(expression: ts.Expression): string {
  const base = ts.isPropertyAccessExpression(expression) ? expression.expression : expression
  return ts.isIdentifier(base) ? base.text : ''
}

function isOpcode(node: ts.Node): boolean {
  if (!ts.isNumericLiteral(node) || !/^0x/i.test(node.getText())) return false
  const value = Number(node.text)
  return OPCODES.has(value) || OPCODE_WORDS.has(value)
}
