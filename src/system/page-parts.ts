/** What a page is made of beside its reports, which the package brings along. */
import { readFileSync } from 'node:fs'
import { InternalError } from '../base/errors.ts'
import { packagePath } from './package-folder.ts'

/** The page without data: what `npm run build` makes of page/. */
export function pageShell(): string {
  try {
    return readFileSync(packagePath('dist/page.html'), 'utf8')
  } catch (error) {
    throw new InternalError(`the page without data is not there: ${String(error)}; \`make build\` makes it`)
  }
}

/** The page of docs/findings about a refusal, in Markdown; undefined where there is none. */
export function findingOf(code: string): string | undefined {
  if (!/^[a-z0-9-]+$/.test(code)) return undefined
  try {
    return readFileSync(packagePath(`docs/findings/${code}.md`), 'utf8')
  } catch {
    return undefined
  }
}
