import { randomInt } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { encodeMuLaw } from '../wire/g711.ts';
import { hostInUri } from '../wire/sip_uri.ts';
import { type JudgeTask, lastLine, runProgram, type Verdict } from './judge.ts';

const SCENARIO = new URL('sipp_caller.xml', import.meta.url);
const SCENARIO_FILE = 'caller.xml';
const AUDIO_FILE = 'answer.ulaw';
const LOWEST_RTP_PORT = 40_000;
const RTP_PORTS = 9000;

/** SIPp (Debian's sip-tester) holds a call with RTP, in PCMU alone; it ends with 0 when every message was as the scenario says. */
export async function judgeBySipp(task: JudgeTask): Promise<Verdict> {
  writeFileSync(join(task.folder, AUDIO_FILE), encodeMuLaw(task.audio));
  const scenario = readFileSync(SCENARIO, 'utf8')
    .replaceAll('{AUDIO_FILE}', AUDIO_FILE)
    .replaceAll('{HOLD_MS}', String(task.holdMs));
  writeFileSync(join(task.folder, SCENARIO_FILE), scenario);
  const rtpPort = LOWEST_RTP_PORT + 2 * randomInt(RTP_PORTS / 2);
  const { host, port } = task.remote;
  const options = {
    '-sf': SCENARIO_FILE,
    '-s': task.user,
    '-i': task.localHost,
    '-mi': task.localHost,
    '-mp': String(rtpPort),
    '-m': '1',
    '-l': '1',
  };
  const args = [`${hostInUri(host)}:${port}`, ...Object.entries(options).flat(), '-nostdin', '-trace_err'];
  const { code, output } = await runProgram('sipp', args, task);
  const detail = code === 0 ? 'every message as in the scenario' : explain(code, output);
  return { judge: 'sipp', codec: 'PCMU', completed: code === 0, detail };
}

function explain(code: number | null, output: string): string {
  const said = lastLine(output, /abort|unexpected|error|failed/i);
  return `ended with ${code ?? 'a signal'}${said === undefined ? '' : `: ${said}`}`;
}
