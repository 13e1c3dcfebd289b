/** A host as a rollout asks it. An operation that has begun comes to its end, whoever asks to stop meanwhile. */
import { InputError } from '../base/errors.ts'
import type { RolloutHost } from '../flows/fleet/rollout-world.ts'
import { describeResult } from '../hosts/abi/errno.ts'
import type { Host } from '../hosts/host.ts'

/** `name` is how the user calls it. */
export function asRolloutHost(name: string, host: Host): RolloutHost {
  return {
    upload: request => host.upload(request),
    act: request => host.act(request),
    said: async () => (await host.console?.()) ?? [],
    close: () => host.close(),
    report: async () => {
      const { result, words, payloads } = await host.list()
      if (result < 0) {
        throw new InputError(
          'fleet/not-listed',
          `${name} does not list its payloads: ${describeResult(result)} ${words.join('; ')}`,
        )
      }
      const { buildId } = await host.about()
      return { buildId: buildId?.toLowerCase() ?? null, payloads }
    },
  }
}
