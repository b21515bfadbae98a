import type { ChildProcess } from 'node:child_process';
import { readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { hostInUri } from '../wire/sip_uri.ts';
import { writeWav } from '../wire/wav.ts';
import {
  AUDIO_RATE_HZ,
  type Heard,
  type JudgeTask,
  lastLine,
  runProgram,
  soundsIn,
  unheard,
  type Verdict,
} from './judge.ts';

/** As an account names them, and the rate that the file must have. */
const CODECS = {
  PCMU: { name: 'PCMU/8000/1', rateHz: 8000 },
  G722: { name: 'G722/16000/1', rateHz: 16_000 },
} as const;
const MODULES = '/usr/lib/baresip/modules';
const ESTABLISHED = /Call established/;
/** The far end's doing: a refusal, or a hang-up. */
const CLOSED = /session closed/;
/** Anything but the line that shows the bit rate over and over, and the echo of the command. */
const WORDS = /^[^[/\s]/;
const LAST_LINES = 4;

/** baresip (Debian's baresip-core) holds a call and records what it hears: a greeting, and a reply to the answer. */
export async function judgeByBaresip(task: JudgeTask): Promise<Verdict> {
  const { codec } = task;
  const { name, rateHz } = CODECS[codec];
  const samples = rateHz === AUDIO_RATE_HZ ? task.audio : doubled(task.audio);
  writeWav(join(task.folder, 'answer.wav'), { rateHz, channels: [samples] });
  writeFileSync(join(task.folder, 'config'), configOf(task));
  const account = `<sip:baresip@${hostInUri(task.localHost)}>;regint=0;audio_codecs=${name}`;
  writeFileSync(join(task.folder, 'accounts'), `${account}\n`);
  writeFileSync(join(task.folder, 'contacts'), '');
  const target = `sip:${task.user}@${hostInUri(task.remote.host)}:${task.remote.port}`;
  const args = ['-f', '.', '-e', `/dial ${target}`];
  const { output } = await runProgram('baresip', args, task, hangUpAfter(task.holdMs));
  const heard = ESTABLISHED.test(output) ? recordedSounds(task.folder) : [];
  const faults = faultsOf(task, output, heard);
  if (faults.length === 0) {
    return {
      judge: 'baresip',
      codec,
      completed: true,
      detail: 'heard a greeting and a reply to the answer',
      heard,
    };
  }
  const detail = `${faults.join('; ')}; last said: ${lastWords(output)}`;
  return { judge: 'baresip', codec, completed: false, detail, heard };
}

/** At twice the rate, by the line between two samples. */
function doubled(samples: Int16Array): Int16Array {
  return Int16Array.from({ length: 2 * samples.length }, (_, at) => {
    const one = samples[at >> 1]!;
    return at % 2 === 0 ? one : (one + (samples[(at >> 1) + 1] ?? one)) / 2;
  });
}

/**
 * Stays for so long once the call is up, then ends baresip, or as soon as the far end has closed. SIGTERM is an
 * orderly end, by which calls are hung up and files complete; a second one would not be.
 */
function hangUpAfter(holdMs: number): (output: string, child: ChildProcess) => void {
  let timer: NodeJS.Timeout | undefined;
  let ended = false;
  const end = (child: ChildProcess): void => {
    clearTimeout(timer);
    if (!ended) child.kill('SIGTERM');
    ended = true;
  };
  return (output, child) => {
    if (CLOSED.test(output)) end(child);
    else if (ESTABLISHED.test(output)) timer ??= setTimeout(end, holdMs, child);
  };
}

function faultsOf(task: JudgeTask, output: string, heard: Heard): string[] {
  const closed = lastLine(output, CLOSED);
  if (!ESTABLISHED.test(output)) return [`no call: ${closed ?? 'no answer'}`];
  const missing = unheard(task, heard);
  return [
    ...(missing.length === 0 ? [] : [`did not hear ${missing.join(' nor ')}`]),
    ...(closed === undefined ? [] : [`the far end hung up: ${closed}`]),
  ];
}

function lastWords(output: string): string {
  const lines = output.split(/[\r\n]+/).filter(line => WORDS.test(line));
  return lines.length === 0 ? 'nothing' : lines.slice(-LAST_LINES).join(' / ');
}

/** Names within its own folder: sndfile writes nothing readable where a path has more than 127 characters. */
function configOf({ localHost }: JudgeTask): string {
  return [
    `module_path ${MODULES}`,
    ...['g711.so', 'g722.so', 'aufile.so', 'aubridge.so', 'sndfile.so'].map(module => `module ${module}`),
    ...['account.so', 'menu.so'].map(module => `module_app ${module}`),
    `sip_listen ${hostInUri(localHost)}:0`,
    `net_interface ${localHost}`,
    'audio_source aufile,answer.wav',
    'audio_player aubridge,ear',
    'audio_alert aubridge,bell',
    'snd_path .',
    '',
  ].join('\n');
}

/** sndfile writes both directions; that of the decoder is what was heard. */
function recordedSounds(folder: string): Heard {
  const file = readdirSync(folder).find(name => name.endsWith('-dec.wav'));
  return file === undefined ? [] : soundsIn(join(folder, file));
}
