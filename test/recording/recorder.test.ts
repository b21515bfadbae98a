import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import t, { type Test } from 'tap';
import { writeSamples } from '../../src/calls/ring.ts';
import { createSlotMemory, slotView } from '../../src/calls/slot_buffers.ts';
import type { TrunklineError } from '../../src/config/errors.ts';
import { LIMITS } from '../../src/config/limits.ts';
import { Recorders } from '../../src/recording/recorder.ts';
import { recordingSize, repairRecordings } from '../../src/recording/repair.ts';
import { decodeHead, encodeHead, HEAD_BYTES } from '../../src/recording/wav_file.ts';
import { scratchFolder } from '../store/postgres.ts';

const RATE_HZ = 8000;
const CHILD = fileURLToPath(new URL('recording_child.ts', import.meta.url));
const CALL = { tenantId: 'acme', callId: 'call-1', rateHz: RATE_HZ };

function makeRing() {
  return slotView(createSlotMemory(1), 0).recording;
}

/** Stereo of a caller that counts up and an agent that counts down, from sample `first` on. */
function legs(ms: number, first = 0): Int16Array {
  const samples = new Int16Array((2 * RATE_HZ * ms) / 1000);
  for (let i = 0; i < samples.length / 2; i += 1) {
    samples[2 * i] = (first + i) % 30000;
    samples[2 * i + 1] = -((first + i) % 30000);
  }
  return samples;
}

function samplesOf(file: string): Int16Array {
  const bytes = readFileSync(file).subarray(HEAD_BYTES);
  return new Int16Array(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length));
}

function openRecorders(t: Test) {
  const { dir, remove } = scratchFolder();
  t.teardown(remove);
  const faults: string[] = [];
  const recorders = new Recorders(dir, 'media-0', (_callId: string, error: TrunklineError) => {
    faults.push(error.code);
  });
  return { dir, recorders, faults };
}

function lines(child: ChildProcess): string[] {
  const told: string[] = [];
  if (child.stdout !== null) createInterface({ input: child.stdout }).on('line', line => told.push(line));
  return told;
}

t.test('both legs arrive sample by sample, caller left', async t => {
  const { dir, recorders, faults } = openRecorders(t);
  const ring = makeRing();
  const recorder = recorders.open({ ...CALL, ring });
  for (let ms = 0; ms < 3210; ms += 10) {
    writeSamples(ring, legs(10, ms * 8));
    recorder.drain();
  }
  const size = await recorder.close();
  t.same(size, { durationMs: 3210, bytes: HEAD_BYTES + 3210 * 32 });
  const file = join(dir, recorder.file);
  t.equal(recorder.file, 'acme/call-1.wav');
  t.same(samplesOf(file), legs(3210));
  t.same(decodeHead(readFileSync(file)), { rateHz: RATE_HZ, dataBytes: 3210 * 32 });
  t.same(await recordingSize(dir, recorder.file), size);
  t.equal(statSync(file).mode & 0o777, 0o600);
  t.same(readdirSync(join(dir, 'acme')), ['call-1.wav'], 'nothing provisional is left');
  t.same(faults, []);
});

t.test('what must not be kept becomes silence, on the disk as well, and what follows is kept', async t => {
  const { dir, recorders, faults } = openRecorders(t);
  const ring = makeRing();
  const recorder = recorders.open({ ...CALL, ring });
  writeSamples(ring, legs(3000));
  recorder.drain();
  writeSamples(ring, legs(110, 3000 * 8));
  recorder.silence(1250);
  writeSamples(ring, legs(600, 3110 * 8));
  const size = await recorder.close();
  t.equal(size.durationMs, 3710);
  const kept = samplesOf(join(dir, recorder.file));
  const [from, to] = [1250 * 16, 3110 * 16];
  t.same(kept.subarray(0, from), legs(3710).subarray(0, from));
  t.ok(kept.subarray(from, to).every(sample => sample === 0));
  t.same(kept.subarray(to), legs(3710).subarray(to));
  t.same(faults, []);
});

t.test('a recording that begins again gets a file of its own', async t => {
  const { recorders } = openRecorders(t);
  const ring = makeRing();
  const first = recorders.open({ ...CALL, ring });
  const ended = first.close();
  const second = recorders.open({ ...CALL, ring });
  await ended;
  writeSamples(ring, legs(20));
  t.equal((await second.close()).durationMs, 20);
  t.same([first.file, second.file], ['acme/call-1.wav', 'acme/call-1.2.wav']);
});

t.test('ids that name no file are refused', async t => {
  const { dir, recorders } = openRecorders(t);
  const ring = makeRing();
  const hostile = ['../../etc/passwd', '..', '.', '', 'a/b', 'a\0b', 'a\nb', 'x'.repeat(129), 'é'];
  for (const id of hostile) {
    t.throws(
      () => recorders.open({ ...CALL, callId: id, ring }),
      { code: 'BAD_REQUEST' },
      JSON.stringify(id),
    );
    t.throws(() => recorders.open({ ...CALL, tenantId: id, ring }), { code: 'BAD_REQUEST' });
  }
  t.same(readdirSync(dir), []);
});

t.test('a disk that can not be written ends the recording, not the call', async t => {
  const { dir, recorders, faults } = openRecorders(t);
  writeFileSync(join(dir, 'acme'), 'where the tenant folder would be');
  const ring = makeRing();
  const recorder = recorders.open({ ...CALL, ring });
  for (let ms = 0; ms < 20_000; ms += 500) {
    writeSamples(ring, legs(500));
    recorder.drain();
    if (ms % 5000 === 0) await sleep(1);
  }
  t.equal(writeSamples(ring, legs(500)), 8000, 'the ring is drained all the same');
  await t.rejects(recorder.close(), { code: 'RECORDING_FAILED' });
  t.same(faults, ['RECORDING_FAILED'], 'told once');
  t.same(recorders.stats(), { begun: 1, failed: 1 });
});

t.test('a disk that falls behind ends the recording with what was taken', async t => {
  const { recorders, faults } = openRecorders(t);
  const ring = makeRing();
  const recorder = recorders.open({ ...CALL, ring });
  // No write gets a turn before this loop is over.
  for (let bytes = 0; bytes < LIMITS.recordingQueuedBytes + 200_000; bytes += 32_000) {
    writeSamples(ring, legs(1000));
    recorder.drain();
  }
  t.same(faults, ['RECORDING_FAILED']);
  const { bytes } = await recorder.close();
  t.ok(bytes <= LIMITS.recordingQueuedBytes + HEAD_BYTES, 'bounded in memory');
  t.ok(bytes > LIMITS.recordingQueuedBytes - 32_000, 'what had been taken is kept');
});

t.test('a full disk ends the recording with what fitted', async t => {
  const { dir, remove } = scratchFolder();
  t.teardown(remove);
  const words = ['--fsize=400000', process.execPath, CHILD, dir, '20000'];
  const child = spawn('prlimit', words, { stdio: ['ignore', 'pipe', 'inherit'] });
  const told = lines(child);
  await once(child, 'close');
  const kept = readFileSync(join(dir, 'acme', 'call-1.wav'));
  const head = decodeHead(kept);
  t.equal(told[0], 'fault call-1 DISK_FULL');
  t.match(told[1], /^ended \d+$/);
  t.equal(head?.dataBytes, kept.length - HEAD_BYTES, 'playable to its last sample');
  t.ok(kept.length > 300_000 && kept.length <= 400_000);
});

t.test('a killed process leaves a playable file that the next one completes', async t => {
  const { dir, remove } = scratchFolder();
  t.teardown(remove);
  const child = spawn(process.execPath, [CHILD, dir], { stdio: ['ignore', 'pipe', 'inherit'] });
  const part = join(dir, 'acme', 'call-1.wav.media-0.part');
  const size = () => statSync(part, { throwIfNoEntry: false })?.size ?? 0;
  while (size() < 300_000) await sleep(5);
  child.kill('SIGKILL');
  await once(child, 'close');
  const head = decodeHead(readFileSync(part));
  t.ok((head?.dataBytes ?? 0) >= 128_000, 'the head tells of all but the last seconds');

  t.equal(await repairRecordings(dir, 'media-1'), 0, 'another process leaves it alone');
  t.equal(await repairRecordings(dir, 'media-0'), 1);
  const file = readFileSync(join(dir, 'acme', 'call-1.wav'));
  t.equal(decodeHead(file)?.dataBytes, file.length - HEAD_BYTES);
  t.equal((await recordingSize(dir, 'acme/call-1.wav'))?.bytes, file.length);
  t.equal(await repairRecordings(dir, 'media-0'), 0, 'nothing is left to repair');
});

t.test('unfinished files of every length are repaired', async t => {
  const { dir, remove } = scratchFolder();
  t.teardown(remove);
  mkdirSync(join(dir, 'acme'));
  const whole = Buffer.concat([encodeHead({ rateHz: RATE_HZ, dataBytes: 0 }), Buffer.from(legs(10).buffer)]);
  for (let length = 0; length <= whole.length; length += 1) {
    writeFileSync(join(dir, 'acme', `c${length}.wav.media-0.part`), whole.subarray(0, length));
  }
  writeFileSync(join(dir, 'acme', 'noise.wav.media-0.part'), Buffer.alloc(200, 0x5a));
  writeFileSync(join(dir, 'acme', 'other.txt'), 'not ours');
  await repairRecordings(dir, 'media-0');
  const left = readdirSync(join(dir, 'acme'));
  t.equal(left.filter(name => name.endsWith('.part')).length, 0);
  t.ok(left.includes('other.txt'));
  t.notOk(left.includes('c43.wav'), 'what has no head has no audio');
  for (let length = HEAD_BYTES; length <= whole.length; length += 1) {
    const file = readFileSync(join(dir, 'acme', `c${length}.wav`));
    const frames = Math.floor((length - HEAD_BYTES) / 4);
    if (decodeHead(file)?.dataBytes !== 4 * frames || file.length !== HEAD_BYTES + 4 * frames) {
      t.fail(`cut at ${length}`);
    }
  }
  t.equal(await recordingSize(dir, 'acme/other.txt'), undefined);
  t.equal(await recordingSize(dir, 'acme/none.wav'), undefined);
});

t.test('another process goes on with a recording, whose gap is silence', async t => {
  const { dir, recorders, faults } = openRecorders(t);
  const dead = recorders.open({ ...CALL, ring: makeRing() });
  const deadRing = makeRing();
  const lost = recorders.open({ ...CALL, callId: 'call-2', ring: deadRing });
  writeSamples(deadRing, legs(2700));
  lost.drain();
  const onDisk = () => statSync(join(dir, lost.unfinishedFile), { throwIfNoEntry: false })?.size ?? 0;
  // What was not written yet dies with the process: the last piece of a second.
  while (onDisk() < HEAD_BYTES + 2000 * 32) await sleep(1);

  const sibling = new Recorders(dir, 'media-1', (_callId, error) => faults.push(error.code));
  const ring = makeRing();
  const { file, unfinishedFile } = lost;
  const goesOnWith = { file, unfinishedFile, lengthMs: 3400 };
  const recorder = sibling.open({ ...CALL, callId: 'call-2', ring, goesOnWith });
  t.equal(recorder.unfinishedFile, `${file}.media-1.part`);
  writeSamples(ring, legs(600, 3400 * 8));
  t.same(await recorder.close(), { durationMs: 4000, bytes: HEAD_BYTES + 4000 * 32 });
  const samples = samplesOf(join(dir, file));
  t.same(samples.subarray(0, 2000 * 16), legs(2000), 'what was there');
  t.ok(
    samples.subarray(2000 * 16, 3400 * 16).every(sample => sample === 0),
    'silence, to the sample',
  );
  t.same(samples.subarray(3400 * 16), legs(600, 3400 * 8), 'what came since, at its place');
  t.equal(await repairRecordings(dir, 'media-0'), 1, 'only what is left of the others is repaired');
  await dead.close().catch(() => undefined);
  t.same(faults, []);
});

t.test('also with one that its process has completed since, that has no head, or is not there', async t => {
  const { dir, recorders, faults } = openRecorders(t);
  mkdirSync(join(dir, 'acme'));
  const goOn = async (callId: string) => {
    const file = `acme/${callId}.wav`;
    const goesOnWith = { file, unfinishedFile: `${file}.media-0.part`, lengthMs: 20 };
    const recorder = recorders.open({ ...CALL, callId, ring: makeRing(), goesOnWith });
    const size = await recorder.close();
    return { size, samples: samplesOf(join(dir, file)) };
  };
  const head = encodeHead({ rateHz: RATE_HZ, dataBytes: 320 });
  writeFileSync(join(dir, 'acme', 'done.wav'), Buffer.concat([head, Buffer.from(legs(10).buffer)]));
  const done = await goOn('done');
  t.same(done.size, { durationMs: 20, bytes: HEAD_BYTES + 640 });
  t.same(done.samples.subarray(0, 160), legs(10));
  writeFileSync(join(dir, 'acme', 'torn.wav.media-0.part'), 'RIFF');
  for (const callId of ['torn', 'none']) {
    const { samples } = await goOn(callId);
    t.equal(samples.length, 320);
    t.ok(samples.every(sample => sample === 0));
  }
  t.same(faults, []);
  const other = encodeHead({ rateHz: 16_000, dataBytes: 0 });
  writeFileSync(join(dir, 'acme', 'wide.wav'), other);
  await t.rejects(goOn('wide'), { code: 'RECORDING_FAILED' });
  t.same(faults, ['RECORDING_FAILED']);
});
