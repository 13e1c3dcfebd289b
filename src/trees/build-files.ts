/** Refusals about edits of build files, whatever kind of tree they are of. */
import type { BuildRefusal } from './model.ts'

export function otherEdit(path: string, line: string): BuildRefusal {
  return {
    code: 'makefile-edit',
    file: path,
    text: `the edit of ${path} is more than objects added to or taken from a list: ${line}`,
    hint: 'leave the edit out of this patch, or put what it changes (a -D, an option) into the sources it is meant for',
  }
}

export function unknownUnit(file: string, what: string, why: string): BuildRefusal {
  return {
    code: 'new-unit',
    file,
    text: `${file} adds ${what}, and how to compile it is not known: ${why}`,
    hint: 'put the new code into a unit that exists; or into a folder whose units are compiled alike, and name it in a line of that folder’s Makefile that only adds to a list of objects',
  }
}
