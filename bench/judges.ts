import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Bench } from './bench.ts';
import { openVoice } from './caller/local_speech.ts';
import { judgeByBaresip } from './judges/baresip.ts';
import type { JudgeTask } from './judges/judge.ts';
import { judgeBySipp } from './judges/sipp.ts';
import { withNode } from './node.ts';
import { localAddressFor, parseSipUri, resolveUri } from './wire/sip_uri.ts';

const RATE_HZ = 8000;
/** Into this pause fits the greeting. */
const GREETING_MS = 9000;
const HOLD_MS = 22_000;

/** Phones by others complete a call: they hear the greeting, answer its question, and hang up. */
export const bench: Bench = {
  name: 'judges',
  run: async options =>
    withNode(options, async ({ target, config }) => {
      const uri = parseSipUri(target);
      const remote = await resolveUri(uri);
      const voice = await openVoice(config, 'rms');
      const { pcm } = await voice.speak('yes you may', {
        rateHz: RATE_HZ,
        signal: AbortSignal.timeout(15_000),
      });
      await voice.close();
      const audio = new Int16Array((HOLD_MS * RATE_HZ) / 1000);
      audio.set(pcm, (GREETING_MS * RATE_HZ) / 1000);
      const localHost = await localAddressFor(remote);
      const task = { user: uri.user, remote, localHost, audio, holdMs: HOLD_MS };
      const verdicts = [await inFolder(task, judgeBySipp), await inFolder(task, judgeByBaresip)];
      return {
        ok: verdicts.every(({ completed }) => completed),
        figures: { verdicts },
        validity: [
          'one call each over the loopback, one after the other',
          'SIPp judges the signalling and sends audio; what it receives is not looked at',
          'baresip judges that a greeting and a reply were audible, not what they said',
        ],
      };
    }),
};

async function inFolder<T>(
  task: Omit<JudgeTask, 'folder'>,
  judge: (task: JudgeTask) => Promise<T>,
): Promise<T> {
  const folder = mkdtempSync(join(tmpdir(), 'trunkline-judge-'));
  try {
    return await judge({ ...task, folder });
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
