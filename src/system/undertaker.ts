/**
 * What must not outlive this process, however it ends: groups of processes, and folders. Handlers and `finally` see to
 * most ends; a process that is killed outright has none. So while there is anything, a small shell waits on a pipe of
 * which we have the other end: when we are gone it stops the groups and takes the folders away.
 *
 * Nothing depends on it: where it is killed too, later runs clear what is left.
 */
import { type ChildProcess, spawn } from 'node:child_process'

const SCRIPT = `
newline='
'
groups=$newline folders=$newline
while IFS= read -r line; do
  name=\${line#??}
  case $line in
    +g*) groups=$groups$name$newline ;;
    -g*) groups=\${groups%%"$newline$name$newline"*}$newline\${groups#*"$newline$name$newline"} ;;
    +f*) folders=$folders$name$newline ;;
    -f*) folders=\${folders%%"$newline$name$newline"*}$newline\${folders#*"$newline$name$newline"} ;;
  esac
done
IFS=$newline
set -f
for group in $groups; do kill -s KILL -- "-$group"; done
for folder in $folders; do rm -rf -- "$folder"; done
`

let waiting: ChildProcess | undefined
let held = 0

/** A group of processes is stopped when this process ends before `release` is called. */
export const holdGroup = (pid: number): (() => void) => hold(`g${pid}`)

/** Likewise a file or folder is taken away. */
export function holdFolder(path: string): () => void {
  // The shell is told of one a line.
  return path.includes('\n') ? () => undefined : hold(`f${path}`)
}

function hold(what: string): () => void {
  held++
  tell(`+${what}`)
  let isHeld = true
  return () => {
    if (!isHeld) return
    isHeld = false
    held--
    tell(`-${what}`)
    if (held > 0) return
    waiting?.stdin?.end()
    waiting = undefined
  }
}

function tell(line: string): void {
  waiting ??= start()
  waiting.stdin?.write(`${line}\n`)
}

function start(): ChildProcess {
  // A session of its own: what the terminal sends to us is not for it.
  const child = spawn('sh', ['-c', SCRIPT], { detached: true, stdio: ['pipe', 'ignore', 'ignore'], cwd: '/' })
  child.on('error', () => undefined)
  child.stdin.on('error', () => undefined)
  child.unref()
  return child
}
