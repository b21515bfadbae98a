import type { ChildProcess } from 'node:child_process';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { appendFileSync, existsSync, mkdirSync, writeFileSync } from 'node:fs';
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

const CONNECTED = /Call \d+ with \S+ connected/;
const OVER = /Call \d+ with \S+ (?:error|ended)/;
/** From the end of a call until its recording is complete. */
const FILE_MS = 500;
const WAV_HEADER_BYTES = 44;
const PROMPT = /linphonec>/;
const HEARD_FILE = 'heard.wav';
/** Every codec that is on unless told otherwise: the ones that are not judged are off. */
const CODECS: readonly (readonly [mime: string, rateHz: number, channels: number])[] = [
  ['opus', 48_000, 2],
  ['speex', 16_000, 1],
  ['speex', 8000, 1],
  ['PCMU', 8000, 1],
  ['PCMA', 8000, 1],
  ['G722', 8000, 1],
  ['G729', 8000, 1],
];

/** linphone (Debian's linphone-cli) holds a call and records what it hears: a greeting, and a reply to the answer. */
export async function judgeByLinphone(task: JudgeTask): Promise<Verdict> {
  const { folder, codec } = task;
  writeWav(join(folder, 'answer.wav'), { rateHz: AUDIO_RATE_HZ, channels: [task.audio] });
  mkdirSync(join(folder, '.local/share/linphone'), { recursive: true });
  writeFileSync(join(folder, 'settings'), await settingsOf(task));
  const target = `sip:${task.user}@${hostInUri(task.remote.host)}:${task.remote.port}`;
  const { output } = await runProgram('linphonec', ['-c', 'settings'], task, conductor(task.holdMs, target));
  const heard = CONNECTED.test(output) ? recordedSounds(join(folder, HEARD_FILE)) : [];
  const faults = faultsOf(task, output, heard);
  const detail = faults.join('; ') || 'heard a greeting and a reply to the answer';
  return { judge: 'linphone', codec, completed: faults.length === 0, detail, heard };
}

/** Says what to do when it asks, and hangs up when the time is over; ends it when the call has ended. */
function conductor(holdMs: number, target: string): (output: string, child: ChildProcess) => void {
  let hasCalled = false;
  let hold: NodeJS.Timeout | undefined;
  let isOver = false;
  const say = (child: ChildProcess, ...lines: string[]): void =>
    void child.stdin?.write(`${lines.join('\n')}\n`);
  return (output, child) => {
    if (!hasCalled && PROMPT.test(output)) {
      hasCalled = true;
      say(child, 'soundcard use files', 'play answer.wav', `record ${HEARD_FILE}`, `call ${target}`);
    }
    if (CONNECTED.test(output)) hold ??= setTimeout(() => say(child, 'terminate'), holdMs);
    if (isOver || !OVER.test(output)) return;
    isOver = true;
    clearTimeout(hold);
    setTimeout(() => say(child, 'quit'), FILE_MS);
  };
}

/** Its headers count themselves as sound: so much is missing at the end. */
function recordedSounds(file: string): Heard {
  if (!existsSync(file)) return [];
  appendFileSync(file, Buffer.alloc(WAV_HEADER_BYTES));
  return soundsIn(file);
}

function faultsOf(task: JudgeTask, output: string, heard: Heard): string[] {
  if (!CONNECTED.test(output)) return [`no call: ${lastLine(output, OVER) ?? 'no answer'}`];
  const missing = unheard(task, heard);
  const isByUs = /\bterminate\b/.test(output);
  return [
    ...(missing.length === 0 ? [] : [`did not hear ${missing.join(' nor ')}`]),
    ...(isByUs ? [] : [`the far end hung up: ${lastLine(output, OVER) ?? ''}`]),
  ];
}

/** Ports of its own, since it takes none by itself, and one codec. */
async function settingsOf({ localHost, codec, credentials }: JudgeTask): Promise<string> {
  const [sipPort, rtpPort] = await Promise.all([freePort(localHost), freePort(localHost)]);
  const codecs = CODECS.map(([mime, rate, channels], index) => [
    `audio_codec_${index}`,
    { mime, rate, channels, enabled: mime === codec ? 1 : 0 },
  ]);
  const settings: Readonly<Record<string, Readonly<Record<string, string | number>>>> = {
    sip: {
      sip_port: sipPort,
      sip_tcp_port: -2,
      sip_tls_port: -2,
      bind_address: localHost,
      contact: `sip:${credentials?.user ?? 'linphone'}@${localHost}`,
      guess_hostname: 0,
      use_ipv6: 0,
      ipv6_migration_done: 1,
    },
    // Else it says the address of some interface.
    net: { firewall_policy: 1, nat_address: localHost },
    rtp: { audio_rtp_port: rtpPort },
    sound: { echocancellation: 0 },
    ...Object.fromEntries(codecs),
    ...(credentials && {
      auth_info_0: {
        username: credentials.user,
        passwd: credentials.password,
        realm: credentials.realm,
        algorithm: credentials.algorithm,
      },
    }),
  };
  return Object.entries(settings)
    .map(([section, keys]) =>
      [`[${section}]`, ...Object.entries(keys).map(pair => pair.join('='))].join('\n'),
    )
    .join('\n\n');
}

async function freePort(host: string): Promise<number> {
  const socket = createSocket('udp4').bind(0, host);
  await once(socket, 'listening');
  const { port } = socket.address();
  socket.close();
  return port;
}
