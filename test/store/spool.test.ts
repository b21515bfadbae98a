import {
  appendFileSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import type { Vault } from '../../src/compliance/vault.ts';
import { LIMITS } from '../../src/config/limits.ts';
import type { CallEvent } from '../../src/store/events.ts';
import { openEvent, type SealedEvent, sealEvent, sealedEventSchema } from '../../src/store/sealing.ts';
import { adoptOrphans, endsOf } from '../../src/store/spool/adoption.ts';
import { decodeLine, encodeLine } from '../../src/store/spool/lines.ts';
import { listSegments, readLines, segmentFile, startName } from '../../src/store/spool/segments.ts';
import { openSpool, type SpoolOptions } from '../../src/store/spool.ts';
import { callStory, PERSONAL, storyTeller } from './call_story.ts';
import { scratchFolder, scratchVault } from './postgres.ts';

interface Folder {
  readonly dir: string;
  readonly vault: Vault;
  readonly options: SpoolOptions;
}

function folder(t: Test): Folder {
  const scratch = scratchFolder();
  t.teardown(scratch.remove);
  const vault = scratchVault(scratch.dir);
  const dir = join(scratch.dir, 'spool');
  const isOrphan = (address: string) => address === 'media-0';
  return {
    dir,
    vault,
    options: { dir, address: 'media-0', vault, isOrphan, findRemains: async () => undefined },
  };
}

/** Every readable event in a folder, in order. */
async function eventsIn(dir: string): Promise<SealedEvent[]> {
  const events: SealedEvent[] = [];
  for (const segment of listSegments(dir)) {
    for (const line of readFileSync(segment.path).toString('latin1').split('\n')) {
      const event = sealedEventSchema.safeParse(decodeLine(Buffer.from(line, 'latin1')));
      if (event.success) events.push(event.data);
    }
  }
  return events;
}

t.test('events come back from the disk as they went in', async t => {
  const { dir, vault, options } = folder(t);
  const spool = await openSpool(options);
  const story = callStory('acme', 'call-1');
  for (const event of story) spool.append(event);
  await spool.flush();
  const read = await eventsIn(dir);
  t.same(
    read.map(event => openEvent(event, vault)),
    story,
  );
  t.match(spool.stats(), { appended: story.length, refused: 0, lost: 0, queued: 0, full: false });
  const [file = ''] = readdirSync(dir);
  t.equal(statSync(join(dir, file)).mode & 0o777, 0o600);
  await spool.close();
});

t.test('who waits for the disk waits for what was told before, not for all that follows', async t => {
  const { options } = folder(t);
  const spool = await openSpool(options);
  const tell = storyTeller('acme', 'call-1');
  const talk = (turn: number) =>
    spool.append(tell('turn.caller', { turn, text: 'yes', startMs: 0, endMs: 1, confidence: 1 }));
  talk(1);
  const flushing = spool.flush().then(() => 'flushed');
  let seen: unknown;
  for (let turn = 2; seen !== 'flushed' && turn < 5000; turn += 1) {
    talk(turn);
    seen = await Promise.race([flushing, new Promise(setImmediate)]);
  }
  t.equal(seen, 'flushed');
  t.ok(spool.stats().queued > 0, 'more is on its way');
  await spool.close();
  t.match(spool.stats(), { lost: 0, queued: 0 });
});

t.test('personal data reaches the disk sealed', async t => {
  const { dir, options } = folder(t);
  const spool = await openSpool(options);
  for (const event of callStory('acme', 'call-1')) spool.append(event);
  await spool.close();
  for (const { path } of listSegments(dir)) {
    const text = readFileSync(path, 'utf8');
    t.match(text, /room-call-1/, 'what is not personal can be read');
    for (const [what, value] of Object.entries(PERSONAL)) t.notOk(text.includes(value), what);
    t.notMatch(text, /Thistlewick|5550100123/);
  }
});

t.test('what is no event is refused and counted', async t => {
  const { dir, options } = folder(t);
  const spool = await openSpool(options);
  const [good] = callStory('acme', 'call-1');
  const tell = storyTeller('acme', 'call-1');
  const hostile: unknown[] = [
    { ...good, tenantId: '../evil' },
    { ...good, tenantId: 'A' },
    { ...good, callId: "x'; DROP TABLE calls;--" },
    { ...good, callId: '' },
    { ...good, at: 'yesterday' },
    { ...good, at: '2026-01-05T12:00:01.000001Z' },
    { ...good, type: 'call.exploded' },
    { ...good, type: '__proto__' },
    { ...good, detail: {} },
    { ...good, detail: null },
    tell('call.outcome', { outcome: 'x'.repeat(LIMITS.spoolEventBytes) }),
    null,
    undefined,
    'text',
  ];
  for (const event of hostile) spool.append(event as CallEvent);
  await spool.flush();
  t.match(spool.stats(), { appended: 0, refused: hostile.length });
  t.same(await eventsIn(dir), []);
  await spool.close();
});

t.test("a ladder's largest part is an event that fits", async t => {
  const { options } = folder(t);
  const spool = await openSpool(options);
  const part = Buffer.alloc(LIMITS.ladderPartBytes, 0xa5).toString('base64');
  spool.append(storyTeller('acme', 'call-1')('call.ladder', { part }));
  await spool.close();
  t.match(spool.stats(), { appended: 1, refused: 0, lost: 0 });
});

t.test('text that Postgres can not store is mended', async t => {
  const { vault } = folder(t);
  const tell = storyTeller('acme', 'call-1');
  const event = tell('slot.set', {
    slot: 'a\0b\ud800',
    value: '\0\udc00',
    confirmed: true,
    sensitive: false,
  });
  t.same(sealEvent(event, vault).detail, {
    slot: 'ab\ufffd',
    value: '\ufffd',
    confirmed: true,
    sensitive: false,
  });
});

t.test('segments follow one another and keep the order', async t => {
  const { dir, vault, options } = folder(t);
  const spool = await openSpool(options);
  const tell = storyTeller('acme', 'call-1');
  const text = 'x'.repeat(3000);
  const count = 2500;
  for (let turn = 1; turn <= count; turn += 1) {
    spool.append(tell('turn.caller', { turn, text, startMs: 0, endMs: 1, confidence: 1 }));
  }
  await spool.flush();
  const segments = spool.segments();
  t.ok(segments.length >= 2);
  t.same(
    segments.map(({ closed }) => closed),
    [...segments.slice(1).map(() => true), false],
  );
  t.ok(segments.every(({ bytes }) => bytes < LIMITS.spoolSegmentBytes + LIMITS.spoolBatchEvents * 5000));
  const read = await eventsIn(dir);
  t.same(
    read.map(event => event.key),
    Array.from({ length: count }, (_, i) => `call-1:${i + 1}`),
  );
  t.ok(read.every(event => openEvent(event, vault).type === 'turn.caller'));
  await spool.close();
});

t.test('memory and disk are bounded, and what is lost is counted', async t => {
  const { options } = folder(t);
  const spool = await openSpool(options);
  const tell = storyTeller('acme', 'call-1');
  const text = 'x'.repeat(4000);
  // No write gets a turn before this loop is over.
  const count = Math.ceil(LIMITS.spoolQueuedBytes / 5000) + 500;
  let lostWhenFull: number | undefined;
  for (let turn = 1; turn <= count; turn += 1) {
    spool.append(tell('turn.caller', { turn, text, startMs: 0, endMs: 1, confidence: 1 }));
    const { full, lost } = spool.stats();
    if (full) lostWhenFull ??= lost;
  }
  t.equal(lostWhenFull, 0, 'full for new calls while there is room for what live ones tell');
  const { lost, appended, queued } = spool.stats();
  t.ok(lost > 0);
  t.equal(lost + appended, count);
  t.ok(queued <= LIMITS.spoolQueuedEvents);
  await spool.flush();
  t.match(spool.stats(), { queued: 0, full: false }, 'there is room again');
  await spool.close();
});

t.test('a disk that refuses is tried again, and nothing is lost meanwhile', async t => {
  const { dir, options } = folder(t);
  const spool = await openSpool(options);
  rmSync(dir, { recursive: true });
  const story = callStory('acme', 'call-1');
  for (const event of story) spool.append(event);
  while (spool.stats().writeFailures === 0) await new Promise(resolve => setTimeout(resolve, 5));
  t.equal(spool.stats().queued, story.length);
  mkdirSync(dir);
  await spool.flush();
  t.equal((await eventsIn(dir)).length, story.length);
  t.equal(spool.stats().lost, 0);
  await spool.close();
});

t.test('lines that were cut short or damaged are passed over', async t => {
  const lines = [1, 2, 3].map(value => encodeLine({ value }));
  const whole = Buffer.concat(lines);
  const { dir } = folder(t);
  mkdirSync(dir);
  const file = join(dir, 'x');
  const read = async (bytes: Buffer) => {
    writeFileSync(file, bytes);
    const segment = { path: file, bytes: bytes.length, closed: true };
    const values: unknown[] = [];
    for (let at = 0; at < bytes.length; ) {
      const { lines: found, next } = await readLines(segment, at);
      if (next <= at) throw new Error('no progress');
      for (const line of found) values.push((decodeLine(line) as { value: number } | undefined)?.value);
      at = next;
    }
    return values;
  };
  t.same(await read(whole), [1, 2, 3]);
  for (let length = 1; length < whole.length; length += 1) {
    const values = (await read(whole.subarray(0, length))).filter(value => value !== undefined);
    const complete = lines.filter((_, i) => Buffer.concat(lines.slice(0, i + 1)).length - 1 <= length).length;
    if (values.length !== complete) t.fail(`cut at ${length}: ${values}`);
  }
  for (let bit = 0; bit < whole.length * 8; bit += 1) {
    const damaged = Buffer.from(whole);
    damaged[bit >> 3]! ^= 1 << (bit & 7);
    const values = (await read(damaged)).filter(value => value !== undefined);
    // A damaged line feed costs the line after it as well.
    if (
      values.length < 1 ||
      values.length > 2 ||
      values.some(value => ![1, 2, 3].includes(value as number))
    ) {
      t.fail(`bit ${bit}: ${values}`);
    }
  }
  const flood = Buffer.alloc(3 * LIMITS.spoolReadBytes, 0x61);
  t.same((await read(Buffer.concat([flood, Buffer.from('\n'), whole]))).filter(Number), [1, 2, 3]);
});

t.test('the calls of a dead process get their ends, the same ones each time', async t => {
  const { dir, options } = folder(t);
  mkdirSync(dir);
  const first = await openSpool(options);
  const done = callStory('acme', 'done');
  const cut = callStory('acme', 'cut').slice(0, 6);
  const unanswered = callStory('other', 'ringing').slice(0, 1);
  for (const event of [...done, ...cut, ...unanswered]) first.append(event);
  await first.flush();
  // Left like this by a kill: not closed, its last line cut short.
  const [{ path } = { path: '' }] = listSegments(dir);
  appendFileSync(path, encodeLine({ half: true }).subarray(0, 12));

  const remains = { durationMs: 4321, bytes: 44 };
  const adopted = await adoptOrphans(dir, () => true);
  const findRemains = async (file: string) => {
    t.equal(file, 'acme/cut.wav');
    return remains;
  };
  const ends = await Promise.all(adopted.calls.map(call => endsOf(call, findRemains)));
  t.same(
    ends.flat().map(({ key, tenantId, type, detail }) => ({ key, tenantId, type, detail })),
    [
      {
        key: 'cut:recordingLost',
        tenantId: 'acme',
        type: 'recording.ended',
        detail: { file: 'acme/cut.wav', ...remains },
      },
      {
        key: 'cut:mediaLost',
        tenantId: 'acme',
        type: 'call.ended',
        detail: {
          disposition: 'FAILED',
          reason: 'mediaLost',
          durationMs: 4000,
          framesConcealed: 0,
          framesDropped: 0,
        },
      },
      {
        key: 'ringing:mediaLost',
        tenantId: 'other',
        type: 'call.ended',
        detail: {
          disposition: 'FAILED',
          reason: 'mediaLost',
          durationMs: 0,
          framesConcealed: 0,
          framesDropped: 0,
        },
      },
    ],
  );
  t.same(await adoptOrphans(dir, () => true), adopted, 'adoption repeats');
  const others = await adoptOrphans(dir, address => address === 'media-1');
  t.same(others, { segments: [], calls: [] }, 'a living sibling is left alone');
  await first.close();
});

t.test('live calls are known although the segments that began them are gone', async t => {
  const { dir, options } = folder(t);
  const spool = await openSpool(options);
  const story = callStory('acme', 'long');
  for (const event of story.slice(0, 5)) spool.append(event);
  const tell = storyTeller('acme', 'filler');
  const text = 'x'.repeat(4000);
  while (!spool.segments().some(({ closed }) => closed)) {
    for (let i = 0; i < 400; i += 1) {
      spool.append(tell('turn.caller', { turn: i, text, startMs: 0, endMs: 1, confidence: 1 }));
    }
    await spool.flush();
  }
  for (const segment of spool.segments().filter(({ closed }) => closed)) await spool.remove(segment);
  const liveAtDeath = async () => (await adoptOrphans(dir, () => true)).calls.map(({ callId }) => callId);
  t.same(await liveAtDeath(), ['long']);
  // A process killed while it began a segment leaves one without a head: the one before has it.
  const [last] = listSegments(dir);
  if (last === undefined) throw new Error('no segment');
  writeFileSync(join(dir, segmentFile({ ...last, number: last.number + 1 })), 'torn');
  t.same(await liveAtDeath(), ['long']);
  await spool.close();
});

t.test('a folder that can not be made is told', async t => {
  const { dir, options } = folder(t);
  writeFileSync(dir, 'a file');
  await t.rejects(openSpool(options), { code: 'STEP_FAILED', detail: /EEXIST/ });
});

t.test('strange files in the folder are left alone', async t => {
  const { dir, options } = folder(t);
  mkdirSync(dir);
  const names = ['notes.txt', '.hidden', 'media-0.spool', '..spool', 'media-0.zzz.00000000.spool.bak'];
  for (const name of names) writeFileSync(join(dir, name), 'x');
  const spool = await openSpool(options);
  t.same(spool.segments(), []);
  await spool.close();
  t.same(readdirSync(dir).toSorted(), names.toSorted());
  t.ok(startName(Date.now() + 1, 2) > startName(Date.now(), 99999), 'later runs sort after earlier ones');
});
