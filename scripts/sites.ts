/**
 * Every C unit of a tree compiled a second time with all its lines shifted: is every difference a line number?
 *
 *     npx tsx scripts/sites.ts --tree DIR [--cache DIR]
 *
 * Prints each unit, then the numbers of sites in code, data and addends. Exits 1 where a difference is not explained.
 */
import { parseArgs } from 'node:util'
import { cacheFolder } from '../src/cli/cache-folder.ts'
import { explainSites } from '../tests/support/explain-sites.ts'

const { values } = parseArgs({ options: { tree: { type: 'string' }, cache: { type: 'string' } } })
if (values.tree === undefined) {
  console.error('usage: sites.ts --tree DIR [--cache DIR]')
  process.exit(1)
}
explainSites({ tree: values.tree, cacheFolder: values.cache ?? cacheFolder(), say: console.log }).then(
  ({ units, sites, unexplained }) => {
    console.log(
      `${units} units: ${sites.code} sites in code, ${sites.data} in data, ${sites.addend} in addends; ` +
        `${unexplained.length} differences are not explained`,
    )
    process.exitCode = unexplained.length > 0 ? 1 : 0
  },
)
