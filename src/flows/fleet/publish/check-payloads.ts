/** The payloads of a published folder, each asked who has signed it. */
import { InputError } from '../../../base/errors.ts'
import type { Updates } from '../../../report/updates.ts'
import { readKnownKey } from '../../../sign/certificates.ts'
import { checkModuleSignature, checkSignature } from '../../../sign/check.ts'

/** A line for each. `keys` are certificates or public keys in PEM. Throws `InputError` for one that none of them has signed. */
export function checkPayloads(
  files: ReadonlyMap<string, Uint8Array>,
  { bases }: Updates,
  keys: readonly string[],
): readonly string[] {
  const known = { keys: keys.map(readKnownKey), only: true }
  return bases
    .flatMap(({ payloads }) => payloads)
    .map(({ file }) => {
      const check = file.endsWith('.ko') ? checkModuleSignature : checkSignature
      const { valid, text } = check(files.get(file) ?? new Uint8Array(), known)
      if (valid) return `${file}: ${text}`
      throw new InputError(
        'publish/not-signed',
        `${file}: ${text}`,
        'give the certificate of the key that signs payloads',
      )
    })
}
