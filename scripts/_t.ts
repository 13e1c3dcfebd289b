import { readFileSync, writeFileSync, existsSync } from 'node:fs'
import { createTwoFilesPatch } from 'diff'
import { build } from '../src/flows/build.ts'
import { quiet } from '../src/trees/index.ts'
import { execFileSync } from 'node:child_process'
const [,, line, file] = process.argv
const part = (p: string) => execFileSync('/work/h4/scripts/linux.sh', [p, line!], {encoding:'utf8'}).trim()
const tree = part('tree'), symbols = part('image')
for (const [name, edits] of Object.entries(JSON.parse(readFileSync(file!, 'utf8')) as Record<string, {file:string,replace:string,by:string}[]>)) {
  const text = edits.map(({file, replace, by}) => {
    const there = existsSync(tree+'/'+file); const before = there ? readFileSync(tree+'/'+file,'latin1') : ''
    if (there && before.split(replace).length !== 2) throw new Error(file+' matches '+(before.split(replace).length-1))
    return createTwoFilesPatch(there ? `a/${file}`: '/dev/null', `b/${file}`, before, there ? before.replace(replace, () => by) : by, '', '')
  }).join('')
  const t = performance.now()
  try {
    const { report, payload } = await build({ tree, target: 'linux', symbols, patches: [{ name: 'c.patch', text }], output: name+'.ko', version: 'test', cacheFolder: '/tmp/h4/cache', jobs: 2, progress: quiet })
    console.log(name, Math.round(performance.now()-t), report.outcome, report.functions.filter(f=>f.included).map(f=>f.name).join(' '), JSON.stringify(report.refusals), JSON.stringify(report.warnings))
    if (payload) writeFileSync(`/tmp/h4/${name}.ko`, payload)
  } catch (e) { console.log(name, Math.round(performance.now()-t), String(e).slice(0,500)) }
}
