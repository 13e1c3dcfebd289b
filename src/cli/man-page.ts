/** The manual page, hotsplice(1), made of what help says. groff_man(7) has the macros. */
import { allCommands, type DescribedCommand } from './command-tree.ts'

export function manPage(program: DescribedCommand, version: string): string {
  const commands = allCommands(program).filter(({ path }) => path.length > 0)
  return `${[
    '.\\" Made by `hotsplice man`; do not edit.',
    `.TH HOTSPLICE 1 "" "hotsplice ${version}" "User Commands"`,
    '.SH NAME',
    `hotsplice \\- ${roff('build hotpatches for running systems software')}`,
    '.SH SYNOPSIS',
    `.B hotsplice`,
    roff('[options] command …'),
    '.SH DESCRIPTION',
    roff(program.description),
    ...options(program),
    '.SH COMMANDS',
    ...commands.flatMap(section),
    '.SH NOTES',
    ...after(program.after),
    '.SH ENVIRONMENT',
    ...item(
      'HOTSPLICE_CACHE',
      'the folder in which results are kept between runs (default: hotsplice in XDG_CACHE_HOME or ~/.cache)',
    ),
    ...item('NO_COLOR', 'where it is set, nothing is coloured'),
  ].join('\n')}\n`
}

function section(command: DescribedCommand): readonly string[] {
  return [
    `.SS ${roff(command.path.join(' '))}`,
    `.B ${roff(command.usage)}`,
    '.PP',
    roff(command.description),
    ...command.arguments.flatMap(({ term, text }) => item(term, text)),
    ...options(command),
    ...after(command.after),
  ]
}

const options = (command: DescribedCommand) => command.options.flatMap(({ flags, text }) => item(flags, text))

const item = (term: string, text: string): readonly string[] => ['.TP', `.B ${roff(term)}`, roff(text)]

/** Paragraphs are filled anew; what is set in stays as it is. */
function after(text: string): readonly string[] {
  const lines: string[] = []
  let isSetIn = false
  for (const line of text.split('\n')) {
    const indented = /^\s+\S/.test(line)
    if (indented !== isSetIn && line.trim() !== '') {
      lines.push(...(indented ? ['.RS', '.nf'] : ['.fi', '.RE', '.PP']))
      isSetIn = indented
    }
    if (line.trim() === '') lines.push(isSetIn ? '' : '.PP')
    else lines.push(roff(isSetIn ? line.replace(/^ {2}/, '') : line))
  }
  const kept = lines.map((line, at) => (line === '' && /^\.(?:fi|PP)/.test(lines[at + 1] ?? '.fi') ? undefined : line))
  return ['.PP', ...kept.flatMap(line => (line === undefined ? [] : [line])), ...(isSetIn ? ['.fi', '.RE'] : [])]
}

/** Text as it is to be shown: no request, no escape, and hyphens that can be copied as options. */
function roff(text: string): string {
  return text
    .replaceAll('\\', '\\e')
    .replaceAll('-', '\\-')
    .replace(/^(?=[.'])/, '\\&')
}
