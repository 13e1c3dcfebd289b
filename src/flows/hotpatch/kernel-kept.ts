/**
 * The kernel in an image's file, read once for all builds that ask for the same one in a row. To read one takes about as long
 * as to compile a small unit, so it is begun while this process waits for other programs. Part of the pipeline.
 */
import { during } from '../../base/errors.ts'
import { type KernelImage, readKernelImage } from '../../loaders/linux/kernel-image.ts'
import { type Base, fileStamp, readKernel, treeKind } from '../../trees/index.ts'

interface Read {
  readonly file: string
  /** The file's size and time. */
  readonly stamp: string
  readonly kernel: KernelImage
}

/** The last one only: each holds the whole image. */
let last: Read | undefined

/** Throws `InputError` where the file cannot be read, or is no kernel whose rules are known. */
export function kernelIn(file: string, cacheFolder: string): KernelImage {
  const stamp = fileStamp(file)
  if (last?.file === file && last.stamp === stamp) return last.kernel
  const kernel = during(`reading the kernel in ${file}`, () => readKernelImage(readKernel(file, cacheFolder)))
  last = { file, stamp, kernel }
  return kernel
}

/** Reads it as soon as there is nothing else to do; what is wrong with it, whoever asks for it hears. */
export function kernelSoon(base: Base, symbols: string | undefined): void {
  if (symbols === undefined || treeKind(base).image !== 'kernel') return
  setImmediate(() => {
    try {
      kernelIn(symbols, base.cacheFolder)
    } catch {
      // Said where it is asked for.
    }
  })
}
