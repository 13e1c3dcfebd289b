/**
 * What must not outlive this process, however it ends: groups of processes, and folders. Handlers and `finally` see to
 * most ends; a process that is killed outright has none. So where there is anything, a small shell waits on a pipe
 * of which we have the other end: when we are gone it stops the groups and takes the folders away.
 *
 * Programs carry a mark in their environment, by which it also finds one that was started in the very moment.
 *
 * Nothing depends on it: where it is killed too, later runs clear what is left.
 */
import { type ChildProcess, spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'

const SCRIPT = `
newline='
'
groups=$newline folders=$newline rests=
while IFS= read -r line; do
  name=\${line#??}
  rests=
  case $line in
    +g*) groups=$groups$name$newline ;;
    -g*) groups=\${groups%%"$newline$name$newline"*}$newline\${groups#*"$newline$name$newline"} ;;
    +f*) folders=$folders$name$newline ;;
    rest) rests=yes ;;
    -f*) folders=\${folders%%"$newline$name$newline"*}$newline\${folders#*"$newline$name$newline"} ;;
  esac
done
[ -z "$rests" ] || exit 0
IFS=$newline
for group in $groups; do kill -s KILL -- "-$group"; done
for again in 1 2; do
  for found in $(grep -ls -- "$1" /proc/[0-9]*/environ); do
    found=\${found#/proc/}
    kill -s KILL "\${found%/environ}"
  done
  sleep 0.1
done
set -f
for folder in $folders; do rm -rf -- "$folder"; done
`

/** For the environment of each program that is to end with us. */
export const MARK = { HOTSPLICE_RUN: randomBytes(16).toString('hex') } as const

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
    if (held === 0) tell('rest')
  }
}

function tell(line: string): void {
  waiting ??= start()
  waiting.stdin?.write(`${line}\n`)
}

function start(): ChildProcess {
  // A session of its own: what the terminal sends to us is not for it.
  const child = spawn('sh', ['-c', SCRIPT, 'hotsplice', `HOTSPLICE_RUN=${MARK.HOTSPLICE_RUN}`], {
    detached: true,
    stdio: ['pipe', 'ignore', 'ignore'],
    cwd: '/',
  })
  child.on('error', () => undefined)
  // Without descriptors it has not begun, and has no streams.
  child.stdin?.on('error', () => undefined)
  child.unref()
  return child
}
