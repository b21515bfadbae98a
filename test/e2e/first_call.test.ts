import { existsSync } from 'node:fs';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { ROOT } from '../tidy/sources.ts';
import { placeCall, type Report, throughLiveKit } from './caller.ts';
import { type CallDetail, TestNode } from './test_node.ts';

const built = existsSync(join(ROOT, 'var/tools/livekit-sip'));

t.setTimeout(900_000);

function slotValues({ slots }: CallDetail): Record<string, unknown> {
  return Object.fromEntries(slots.map(({ slot, value }) => [slot, value]));
}

function equalsScript(t: Test, record: CallDetail, call: Report): void {
  const stored = slotValues(record);
  for (const [slot, value] of Object.entries(call.slots)) t.equal(stored[slot], value, `slot ${slot}`);
}

/** Root mean square of each channel of a 16-bit stereo WAV. */
function channelLevels(wav: Buffer): [number, number] {
  const samples = new Int16Array(wav.buffer, wav.byteOffset + 44, (wav.length - 44) >> 1);
  const sums: [number, number] = [0, 0];
  for (const [index, sample] of samples.entries()) sums[index & 1]! += sample * sample;
  return [Math.sqrt((2 * sums[0]) / samples.length), Math.sqrt((2 * sums[1]) / samples.length)];
}

t.test('a node from nothing', { skip: built ? false : 'livekit-sip is not built' }, async t => {
  const node = await TestNode.startFromNothing();
  t.teardown(() => node.discard());

  await t.test('four callers at once are understood, quoted and written down', async t => {
    // By stairs, by elevator, and neither; few questions each. Three come through rooms.
    const callers = [12, 80, 18, 12].map((seed, index) => ({
      from: `+155577710${index}${seed}`,
      lineKind: index < 3 ? 'room' : 'trunk',
      options: ['--seed', `${seed}`, '--voice', 'rms', ...(index < 3 ? throughLiveKit(node) : [])],
    }));
    const calls = await Promise.all(callers.map(({ from, options }) => placeCall(node, from, ...options)));
    // A local recogniser on a busy machine may give up on a caller, who is then promised a call back.
    const completed = calls.flatMap(({ outcome }, index) =>
      outcome === 'completed' ? [callers[index]!.lineKind] : [],
    );
    t.ok(completed.length >= calls.length - 1, `callers who reach their goal: ${completed.join(', ')}`);
    t.same([...new Set(completed)], ['room', 'trunk'], 'some of them by either way');
    for (const [index, call] of calls.entries()) {
      const record = await node.ended(callers[index]!.from);
      t.equal(record.state, 'COMPLETED');
      t.equal(record.lineKind, callers[index]!.lineKind);
      t.match(record.turns[0]?.text, /automated assistant/, 'the disclosure comes first');
      const recording = await node.get(record.recordings[0]!.url);
      const [caller, agent] = channelLevels(Buffer.from(await recording.arrayBuffer()));
      t.ok(caller > 100 && agent > 100, 'both sides are in the recording');
      if (call.outcome !== 'completed') continue;
      t.ok(record.latencies.length > 5, 'each turn has its latencies');
      equalsScript(t, record, call);
      t.ok(call.quoteAgrees, 'the spoken total equals the recomputed one');
    }
  });

  await t.test('SIGTERM leaves no process behind', async t => {
    t.equal(await node.stop(), 0);
    t.same(node.remains(), []);
  });
});
