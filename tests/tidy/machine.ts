/** What must not be in the repository: traces of the machine it was written on, and what can be built. */
import { homedir } from 'node:os'
import { dirname } from 'node:path'
import { type Breach, checkout, read, trackedFiles } from './sources.ts'

const REGISTRY = /(https?:\/\/[a-z0-9.-]*(?:regist|npmjs|debian|yarnpkg)[a-z0-9.-]*\/)/i

/** Folders that every machine has. */
const EVERYWHERE = ['/', '/tmp/', '/home/', '/opt/', '/usr/', '/var/', '/srv/']

export function machineBreaches(): readonly Breach[] {
  // Where the checkout itself lies says nothing; everything that lies beside it does.
  const places = [`${dirname(checkout.replace(/\/$/, ''))}/`, `${homedir()}/`].filter(
    place => !EVERYWHERE.includes(place),
  )
  const ofMachine = places.map(place => new RegExp(`(?:^|[^\\w./~-])(${place.replace(/[.+]/g, '\\$&')})`))
  return trackedFiles.flatMap(file => {
    const content = read(file)
    if (content.subarray(0, 8192).includes(0)) {
      return [{ file, fact: 'is a binary file', todo: 'keep what it is built from, and build it' }]
    }
    return content
      .toString('utf8')
      .split('\n')
      .flatMap((text, at) => {
        const found = [...ofMachine, REGISTRY]
          .map(pattern => pattern.exec(text)?.[1])
          .find(place => place !== undefined)
        if (found === undefined) return []
        return [{ file, line: at + 1, fact: `names ${found}`, todo: 'nothing of one machine or registry belongs here' }]
      })
  })
}
