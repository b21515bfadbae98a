import { readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { findSounds } from '../wire/onset.ts';
import { hostInUri } from '../wire/sip_uri.ts';
import { readWav, writeWav } from '../wire/wav.ts';
import { type JudgeTask, lastLine, runProgram, type Verdict } from './judge.ts';

const RATE_HZ = 8000;
const MODULES = '/usr/lib/baresip/modules';
/** A silence of this length parts what the agent says. */
const PAUSE_MS = 900;

/** baresip (Debian's baresip-core) holds a call and records what it hears: a greeting, and a reply to the answer. */
export async function judgeByBaresip(task: JudgeTask): Promise<Verdict> {
  writeWav(join(task.folder, 'answer.wav'), { rateHz: RATE_HZ, channels: [task.audio] });
  writeFileSync(join(task.folder, 'config'), configOf(task));
  writeFileSync(join(task.folder, 'accounts'), `<sip:baresip@${hostInUri(task.localHost)}>;regint=0\n`);
  writeFileSync(join(task.folder, 'contacts'), '');
  const target = `sip:${task.user}@${hostInUri(task.remote.host)}:${task.remote.port}`;
  const holdS = Math.ceil(task.holdMs / 1000);
  const args = ['-f', task.folder, '-e', `/dial ${target}`, '-t', String(holdS)];
  const { output } = await runProgram('baresip', args, task);
  const established = lastLine(output, /Call established/) !== undefined;
  if (!established) {
    const why = lastLine(output, /call|closed|failed|error/i) ?? 'it said nothing';
    return { judge: 'baresip', completed: false, detail: `no call: ${why}` };
  }
  const heard = recordedSounds(task.folder);
  const answerMs = (task.audio.findIndex(sample => Math.abs(sample) > 1000) * 1000) / RATE_HZ;
  const greeted = heard.some(({ startMs }) => startMs < answerMs);
  const replied = heard.some(({ startMs }) => startMs > answerMs);
  const missing = [greeted ? [] : 'a greeting', replied ? [] : 'a reply to the answer'].flat();
  const detail =
    missing.length === 0
      ? 'heard a greeting and a reply to the answer'
      : `did not hear ${missing.join(' nor ')}`;
  return { judge: 'baresip', completed: missing.length === 0, detail, heard };
}

function configOf({ folder, localHost }: JudgeTask): string {
  return [
    `module_path ${MODULES}`,
    ...['g711.so', 'aufile.so', 'aubridge.so', 'sndfile.so'].map(module => `module ${module}`),
    ...['account.so', 'menu.so'].map(module => `module_app ${module}`),
    `sip_listen ${hostInUri(localHost)}:0`,
    `net_interface ${localHost}`,
    `audio_source aufile,${join(folder, 'answer.wav')}`,
    'audio_player aubridge,ear',
    'audio_alert aubridge,bell',
    `snd_path ${folder}`,
    '',
  ].join('\n');
}

/** sndfile writes both directions; that of the decoder is what was heard. */
function recordedSounds(folder: string): NonNullable<Verdict['heard']> {
  const file = readdirSync(folder).find(name => name.endsWith('-dec.wav'));
  if (file === undefined) return [];
  const { rateHz, channels } = readWav(join(folder, file));
  return findSounds(channels[0] ?? new Int16Array(), { rateHz, hangMs: PAUSE_MS });
}
