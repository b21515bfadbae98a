import { TrunklineError } from '../config/errors.ts';
import { readSecret } from '../config/secrets.ts';
import type { Trunk } from '../config/trunks.ts';

/**
 * Looks whether all passwords and PINs of the trunks are there.
 * @throws TrunklineError CONFIG_INVALID naming the trunk
 */
export function assertTrunkSecrets(trunks: readonly Trunk[], folder: string, env: NodeJS.ProcessEnv): void {
  for (const { name, inboundDigest, outboundDigest, dispatch } of trunks) {
    const digests = [inboundDigest, outboundDigest].filter(digest => digest !== undefined);
    const passwords = digests.map(({ passwordEnv, passwordFile }) => ({
      variable: passwordEnv,
      file: passwordFile,
    }));
    const pins = dispatch
      .map(({ pinEnv, pinFile }) => ({ variable: pinEnv, file: pinFile }))
      .filter(({ variable, file }) => variable !== undefined || file !== undefined);
    for (const place of [...passwords, ...pins]) {
      try {
        readSecret(place, folder, env);
      } catch (cause) {
        if (!(cause instanceof TrunklineError)) throw cause;
        throw new TrunklineError('CONFIG_INVALID', `trunk ${name}: ${cause.detail}`, { cause });
      }
    }
  }
}
