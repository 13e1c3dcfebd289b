/** How the process host says no: a negative errno and the reason, thrown inside and turned into an outcome at its edge. */
import { errnoResult } from '../abi/errno.ts'

export class Refused extends Error {
  override readonly name = 'Refused'
  readonly result: number

  constructor(errno: string, words: string) {
    super(words)
    this.result = errnoResult(errno) ?? -22
  }
}
