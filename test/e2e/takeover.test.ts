import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import t from 'tap';
import { BRIDGING_WORDS } from '../../src/agent/resumption.ts';
import { startCaller } from './caller.ts';
import { type CallDetail, TestNode } from './test_node.ts';

t.setTimeout(180_000);

const FROM = '+15557771900';
/** A recording holds back so much, and its last piece of half a second dies with its process. */
const MOST_LOST_MS = 1500;
const ROOM_MS = 300;
/** No gap is as long: the caller speaks into none of them, and hears all that is said after it. */
const PATIENCE_MS = '4000';
/** Few enough requests for the API's limit. */
const POLL_MS = 400;

/** The media process that has the call, as the edge says. */
function holderOf(node: TestNode): string {
  const named = node.log('edge').flatMap(line => /"media":"(media-\d+)"/.exec(line)?.[1] ?? []);
  return named.at(-1) ?? '';
}

function takeovers(node: TestNode): number {
  return node.log('edge').filter(line => line.includes('call taken over')).length;
}

/** Stretches of at least `leastMs` in which both channels of a 16-bit stereo WAV are still, in milliseconds. */
function stillStretches(wav: Buffer, leastMs: number): number[] {
  const rateHz = wav.readUInt32LE(24);
  const samples = new Int32Array(wav.buffer.slice(wav.byteOffset + 44, wav.byteOffset + wav.length));
  const stretches: number[] = [];
  let still = 0;
  for (const sample of [...samples, 1]) {
    if (sample === 0) still += 1;
    else {
      if (still * 1000 >= leastMs * rateHz) stretches.push((still * 1000) / rateHz);
      still = 0;
    }
  }
  return stretches;
}

t.test('one call outlives a media process that is killed, one that hangs, and the edge', async t => {
  const node = await TestNode.start({ processes: 2 }, { livekit: { enabled: false } });
  t.teardown(() => node.discard());
  const caller = startCaller(node, FROM, '--seed', '12', '--voice', 'rms', '--patience', PATIENCE_MS);
  let output = '';
  caller.stdout.setEncoding('utf8').on('data', (text: string) => (output += text));

  async function record(): Promise<CallDetail> {
    for (;;) {
      const row = (await node.calls()).find(({ from }) => from === FROM);
      if (row !== undefined) return node.call(row.callId);
      await sleep(POLL_MS);
    }
  }
  async function until(holds: (call: CallDetail) => boolean): Promise<void> {
    while (!holds(await record())) await sleep(POLL_MS);
  }
  /** Taken over for the n-th time, and more is said. */
  async function goesOn(times: number): Promise<void> {
    await until(() => takeovers(node) === times);
    const { turns } = await record();
    await until(call => call.turns.length >= turns.length + 2);
  }
  const back = async (role: string): Promise<void> => {
    while (!node.output.includes(`${role} is back`)) await sleep(50);
  };

  await until(({ recordings }) => recordings.length === 1);
  await sleep(2 * MOST_LOST_MS);
  const killed = holderOf(node);
  process.kill(node.rolePids().get(killed)!, 'SIGKILL');
  await goesOn(1);
  t.not(holderOf(node), killed, 'a sibling has it');

  await back(killed);
  const hung = holderOf(node);
  process.kill(node.rolePids().get(hung)!, 'SIGSTOP');
  await goesOn(2);
  t.equal(holderOf(node), killed, 'and back');

  process.kill(node.rolePids().get('edge')!, 'SIGKILL');
  await back('edge');
  caller.kill('SIGINT');
  await once(caller, 'close');
  const report = JSON.parse(output.trimEnd().split('\n').at(-1) ?? '');
  t.equal(report.outcome, 'hungUp', 'until the caller has had enough');

  const call = await node.ended(FROM);
  t.equal((await node.calls()).length, 1);
  t.match(call, { state: 'COMPLETED', endReason: 'remoteHangup' }, 'the new edge knew the dialog');
  const starts = call.turns.map(({ startMs }) => startMs);
  t.same(
    starts,
    starts.toSorted((a, b) => a - b),
    'turns are in order',
  );
  t.ok(
    call.turns.some(({ text }) => text.startsWith(BRIDGING_WORDS.slice(0, 10))),
    'the caller is told what happened',
  );
  t.equal(call.recordings.length, 1);
  const [recording] = call.recordings;
  const lengthMs = call.durationMs! - recording!.startMs!;
  t.ok(Math.abs(recording!.durationMs! - lengthMs) < ROOM_MS, `${recording?.durationMs} of ${lengthMs} ms`);
  const wav = Buffer.from(await (await node.get(recording!.url)).arrayBuffer());
  const gaps = stillStretches(wav, 800);
  t.ok(gaps.length >= 1, `silence where nobody recorded: ${gaps.map(Math.round).join(', ')} ms`);
});
