/**
 * What a touched file of a program's tree is, where no unit reads it: nothing to do with the program, or perhaps what
 * sources are made from (a grammar, a template, a generator). The first row that matches decides; without one the file is
 * refused, because compile_commands.json does not say what is generated from what.
 */

export type ProgramFile = 'aside' | 'unknown'

/** What tests, packages and keeps the sources. */
const BESIDE = /(^|\/)(t|tests?|testsuite|docs?|examples?|contrib|debian|\.github|\.gitlab|\.circleci)\//

const ASIDE: readonly RegExp[] = [
  // Sources that are not compiled, or headers that nobody includes.
  /\.(c|C|cc|cpp|cxx|s|S)$/,
  /\.(h|H|hh|hpp|hxx|inl|ipp|tcc)$/,
  // What people read.
  /\.(md|markdown|rst|txt|adoc|texi|html|css|svg|png|jpe?g|pdf|[1-9])$/,
  /(^|\/)(README|COPYING|LICEN[CS]E|AUTHORS|NEWS|CHANGES|CHANGELOG|ChangeLog|HACKING|TODO|MAINTAINERS|CONTRIBUTING)[^/]*$/,
  BESIDE,
  /(^|\/)\.[^/]+$/,
  /\.(spec|service|socket|patch|diff)$/,
]

export function programFile(path: string): ProgramFile {
  return ASIDE.some(pattern => pattern.test(path)) ? 'aside' : 'unknown'
}

/** Whether a file lies among what tests, packages and keeps the sources, and not among those. */
export function isBeside(path: string): boolean {
  return BESIDE.test(path)
}
