/**
 * The names under which a process's memory is a file that tools can meet at. There is one for each mount of /proc, and
 * they are different files: ours, and the one that the process sees itself, which every tool reaches through its root.
 *
 * What a process mounts is its own affair: a file system of its making at that place could keep us waiting for ever. So
 * its /proc is touched only where the kernel says that it is one, with nothing mounted over the process's own folder.
 */
import { readFileSync, readlinkSync } from 'node:fs'

/** The one that all processes here share first. */
export function memoryFiles(pid: number): readonly string[] {
  const inside = folderInside(pid)
  return [`/proc/${pid}/mem`, ...(inside === undefined ? [] : [`${inside}/mem`])]
}

/** The process's folder in the /proc of its own root; undefined where it has none, as after a chroot. */
function folderInside(pid: number): string | undefined {
  try {
    const here = placeOf(`/proc/${pid}`)
    const root = `/proc/${pid}/root`
    const mounts = readFileSync(`/proc/${pid}/mountinfo`, 'latin1')
    return here.numbers
      .filter(number => isProc(mounts, number))
      .map(number => `${root}/proc/${number}`)
      .find(folder => isSame(folder, here))
  } catch {
    return undefined
  }
}

interface Place {
  /** The number in each namespace from that of the mount inwards. */
  readonly numbers: readonly string[]
  readonly namespace: string
}

function placeOf(folder: string): Place {
  const status = readFileSync(`${folder}/status`, 'latin1')
  const numbers = /^NSpid:\s*(.*)$/m.exec(status)?.[1]?.split(/\s+/) ?? []
  return { numbers, namespace: readlinkSync(`${folder}/ns/pid`) }
}

/** The innermost namespace and the number there mean one process on the whole machine. */
function isSame(folder: string, { numbers, namespace }: Place): boolean {
  try {
    const there = placeOf(folder)
    return there.namespace === namespace && there.numbers.at(-1) === numbers.at(-1)
  } catch {
    return false
  }
}

/** Whether a process's mounts have a whole /proc at that place, and none at the number's folder or below. */
export function isProc(mountinfo: string, number: string): boolean {
  let proc = false
  for (const line of mountinfo.split('\n')) {
    const [before = '', after = ''] = line.split(' - ', 2)
    const [, , , root, point = ''] = before.split(' ')
    if (point === '/proc') proc = root === '/' && after.startsWith('proc ')
    if (point === `/proc/${number}` || point.startsWith(`/proc/${number}/`)) return false
  }
  return proc
}
