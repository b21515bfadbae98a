import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Config } from '../../src/config/schema.ts';
import { openVoice } from '../caller/local_speech.ts';
import { localAddressFor, parseSipUri, resolveUri } from '../wire/sip_uri.ts';
import { judgeByBaresip } from './baresip.ts';
import type { JudgeTask, Verdict } from './judge.ts';
import { judgeBySipp } from './sipp.ts';

const RATE_HZ = 8000;
/** Into this pause fits the greeting, which asks for consent. */
const GREETING_MS = 9000;
const HOLD_MS = 22_000;
const ANSWER = 'yes you may';
const SPOKEN_WITHIN_MS = 15_000;

/** Each judge calls the agent, all at once: it hears the greeting, consents to the recording, listens, and hangs up. */
export async function judgeAgent(target: string, config: Config): Promise<Verdict[]> {
  const uri = parseSipUri(target);
  const remote = await resolveUri(uri);
  const localHost = await localAddressFor(remote);
  const task = { user: uri.user, remote, localHost, audio: await spokenAnswer(config), holdMs: HOLD_MS };
  return Promise.all([judgeBySipp, judgeByBaresip].map(judge => inFolder(task, judge)));
}

async function spokenAnswer(config: Config): Promise<Int16Array> {
  const voice = await openVoice(config, 'rms');
  try {
    const signal = AbortSignal.timeout(SPOKEN_WITHIN_MS);
    const { pcm } = await voice.speak(ANSWER, { rateHz: RATE_HZ, signal });
    const audio = new Int16Array((HOLD_MS * RATE_HZ) / 1000);
    audio.set(pcm, (GREETING_MS * RATE_HZ) / 1000);
    return audio;
  } finally {
    await voice.close();
  }
}

async function inFolder(
  task: Omit<JudgeTask, 'folder'>,
  judge: (task: JudgeTask) => Promise<Verdict>,
): Promise<Verdict> {
  const folder = mkdtempSync(join(tmpdir(), 'trunkline-judge-'));
  try {
    return await judge({ ...task, folder });
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
