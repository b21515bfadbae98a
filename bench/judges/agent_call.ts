import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Config } from '../../src/config/schema.ts';
import { wholeSentence } from '../../src/providers/tts/whole_sentence.ts';
import { openVoice } from '../caller/local_speech.ts';
import { localAddressFor, parseSipUri, resolveUri } from '../wire/sip_uri.ts';
import { judgeByBaresip } from './baresip.ts';
import { AUDIO_RATE_HZ, type JudgedCodec, type JudgeTask, type Verdict } from './judge.ts';
import { judgeByLinphone } from './linphone.ts';
import { judgeBySipp } from './sipp.ts';

/** Into this pause fits the greeting, which asks for consent. */
const GREETING_MS = 9000;
const HOLD_MS = 22_000;
const ANSWER = 'yes you may';
const SPOKEN_WITHIN_MS = 15_000;

/** Who judges, and in which codec. */
export type Judgement = readonly [judge: keyof typeof JUDGES, codec: JudgedCodec];

/** So many at once are understood by a small machine. */
export const JUDGEMENTS: readonly (readonly Judgement[])[] = [
  [
    ['sipp', 'PCMU'],
    ['baresip', 'PCMU'],
  ],
  [
    ['baresip', 'G722'],
    ['linphone', 'PCMU'],
  ],
  [['linphone', 'G722']],
];

const JUDGES = { sipp: judgeBySipp, baresip: judgeByBaresip, linphone: judgeByLinphone } as const;

/** Each judge calls the agent, all at once: it hears the greeting, consents to the recording, listens, and hangs up. */
export async function judgeAgent(
  target: string,
  config: Config,
  judgements: readonly Judgement[],
): Promise<Verdict[]> {
  const uri = parseSipUri(target);
  const remote = await resolveUri(uri);
  const localHost = await localAddressFor(remote);
  const task = { user: uri.user, remote, localHost, audio: await spokenAnswer(config), holdMs: HOLD_MS };
  return Promise.all(judgements.map(([judge, codec]) => inFolder({ ...task, codec }, JUDGES[judge])));
}

async function spokenAnswer(config: Config): Promise<Int16Array> {
  const voice = await openVoice(config, 'rms');
  try {
    const signal = AbortSignal.timeout(SPOKEN_WITHIN_MS);
    const { pcm } = await wholeSentence(voice, ANSWER, { rateHz: AUDIO_RATE_HZ, signal });
    const audio = new Int16Array((HOLD_MS * AUDIO_RATE_HZ) / 1000);
    audio.set(pcm, (GREETING_MS * AUDIO_RATE_HZ) / 1000);
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
