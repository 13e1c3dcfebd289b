/** The index of docs/findings, made of its pages: titles, and sections where a page has several codes. */

export interface Page {
  readonly name: string
  readonly text: string
}

export function findingsIndex(pages: readonly Page[]): string {
  const sorted = pages.toSorted((a, b) => (a.name < b.name ? -1 : 1))
  const errors = sorted.filter(({ name }) => name.startsWith('errors-'))
  const checks = sorted.filter(({ name }) => name.startsWith('verify-'))
  const refusals = sorted.filter(page => !errors.includes(page) && !checks.includes(page))
  return `${[
    '# Refusals, errors and checks, by code',
    '',
    'Made by `npm run findings`, not by hand. The code of a message stands in brackets behind it, and in the JSON as `code`.',
    '',
    '## Refusals',
    '',
    'What cannot be hotpatched (exit code 2). Each page says why, and what can be done instead.',
    '',
    ...refusals.map(page => `- [${titleOf(page)}](${page.name}): ${firstSentence(page.text)}`),
    '',
    '## Errors',
    '',
    'Bad input or environment (exit code 1).',
    ...errors.flatMap(sectionsOf),
    '',
    '## Checks',
    '',
    'What `hotsplice verify` looks at; a payload that fails one is rejected (exit code 2).',
    ...checks.flatMap(sectionsOf),
  ].join('\n')}\n`
}

const titleOf = ({ text }: Page) => /^# (.*)$/m.exec(text)?.[1] ?? ''

function sectionsOf(page: Page): readonly string[] {
  const codes = [...page.text.matchAll(/^## (.+)$/gm)].map(([, code = '']) => code)
  return [
    '',
    `### [${titleOf(page)}](${page.name})`,
    '',
    codes.map(code => `[${code}](${page.name}#${anchor(code)})`).join(' · '),
  ]
}

/** As GitHub makes them of headings. */
const anchor = (heading: string) =>
  heading
    .toLowerCase()
    .replaceAll(/[^\w\- ]/g, '')
    .replaceAll(' ', '-')

/** Up to a full stop that ends a sentence; without links, which would lead nowhere from here. */
function firstSentence(text: string): string {
  const paragraph = text.replace(/^# .*\n+/, '').split('\n\n', 1)[0] ?? ''
  const plain = paragraph.replaceAll('\n', ' ').replaceAll(/\[([^\]]*)\]\([^)]*\)/g, '$1')
  return /^.*?[.:](?= [A-Z`]|$)/.exec(plain)?.[0].replace(/:$/, '.') ?? plain
}
