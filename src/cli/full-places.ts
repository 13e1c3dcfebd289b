/**
 * Which disk is full: the system says only that one is, not where. What was written is gone again by the time that this is
 * told, so places are told with the room they have, the fullest first.
 */
import { statfsSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, resolve } from 'node:path'
import { cacheFolder } from './cache-folder.ts'

interface Room {
  readonly bavail: number
  readonly bsize: number
}

/** The places that a run writes to, with what is free there; empty for another error, or one that names its file. */
export function fullPlaces(error: unknown, roomAt: (place: string) => Room = statfsSync): string {
  if (!(error instanceof Error) || !('code' in error) || 'path' in error) return ''
  if (error.code !== 'ENOSPC' && error.code !== 'EDQUOT') return ''
  const places = [
    { what: 'the cache', place: cacheFolder() },
    { what: 'temporary files', place: tmpdir() },
    { what: 'the current folder', place: '.' },
  ]
  const known = places.flatMap(({ what, place }) => {
    const room = roomOf(resolve(place), roomAt)
    return room === undefined ? [] : [{ words: `${Math.floor(room / 1024)} KB free for ${what} (${place})`, room }]
  })
  return known.length === 0
    ? ''
    : `: ${known
        .sort((a, b) => a.room - b.room)
        .map(({ words }) => words)
        .join(', ')}`
}

/** Bytes free at a place, or above it where it is not there yet. */
function roomOf(place: string, roomAt: (place: string) => Room): number | undefined {
  for (let at = place; ; at = dirname(at)) {
    try {
      const { bavail, bsize } = roomAt(at)
      return bavail * bsize
    } catch {
      if (at === dirname(at)) return undefined
    }
  }
}
