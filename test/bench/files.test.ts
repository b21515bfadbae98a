import { inflateSync } from 'node:zlib';
import t from 'tap';
import { readOptions, UsageError } from '../../bench/caller/options.ts';
import { drawPicture } from '../../bench/caller/picture.ts';
import { type CallReport, lastSoundWhenCut, spreadOf, withLatencies } from '../../bench/caller/report.ts';
import { summaryTable } from '../../bench/caller/summary.ts';
import { formatWav, parseWav } from '../../bench/wire/wav.ts';

t.test('WAV files are read as written', async t => {
  const channels = [Int16Array.of(1, -2, 32767, -32768), Int16Array.of(5, 6)];
  const { rateHz, channels: read } = parseWav(formatWav({ rateHz: 16000, channels }));
  t.equal(rateHz, 16000);
  t.same(read[0], channels[0]);
  t.same([...read[1]!], [5, 6, 0, 0]);
});

t.test('what is no 16-bit WAV file is refused, however it is cut', async t => {
  const whole = formatWav({ rateHz: 8000, channels: [new Int16Array(100)] });
  const accepted = [...whole.keys()].filter(length => {
    try {
      return parseWav(whole.subarray(0, length)).channels.length > 0;
    } catch {
      return false;
    }
  });
  t.same(accepted, []);
  const floats = Buffer.from(whole);
  floats.writeUInt16LE(3, 20);
  t.throws(() => parseWav(floats), /16-bit PCM is needed/);
  const endless = Buffer.from(whole);
  endless.writeUInt32LE(0xffff_ffff, 40);
  t.throws(() => parseWav(endless), /cut off/);
});

/** Rows of RGB of a picture, by ISO/IEC 15948. */
function decodePng(png: Buffer): { width: number; height: number; rgb: (x: number, y: number) => number } {
  const width = png.readUInt32BE(16);
  const height = png.readUInt32BE(20);
  const dataLength = png.readUInt32BE(33);
  const lines = inflateSync(png.subarray(41, 41 + dataLength));
  const rgb = (x: number, y: number): number => lines.readUIntBE(y * (width * 3 + 1) + 1 + x * 3, 3);
  return { width, height, rgb };
}

t.test('a picture shows both channels, each in its colour and place', async t => {
  const rateHz = 8000;
  const tone = Int16Array.from({ length: 40 * rateHz }, (_, i) => 16000 * Math.sin(i / 3));
  const silence = new Int16Array(tone.length);
  const [onlyCaller, onlyAgent] = (['caller', 'agent'] as const).map(side =>
    decodePng(
      drawPicture({
        title: 'test',
        rateHz,
        caller: side === 'caller' ? tone : silence,
        agent: side === 'agent' ? tone : silence,
        turns: [{ speaker: 'agent', text: 'hello ~ ü', startMs: 500, endMs: 900, latencyMs: 300 }],
        bargeIns: [{ turn: 1, callerStartMs: 31_000, callerEndMs: 32_000, stopMs: 250 }],
      }),
    ),
  );
  t.equal(onlyCaller!.width, onlyAgent!.width);
  const counts = [onlyCaller!, onlyAgent!].map(({ width, height, rgb }) => {
    const found = new Map<number, number>();
    for (let y = 0; y < height; y += 1) {
      for (let x = 0; x < width; x += 1) found.set(rgb(x, y), (found.get(rgb(x, y)) ?? 0) + 1);
    }
    return found;
  });
  const [caller, agent, interruption] = [0x1f6fc4, 0x2a8a4a, 0xc62828];
  t.ok(counts[0]!.get(caller)! > 10 * counts[1]!.get(caller)!);
  t.ok(counts[1]!.get(agent)! > 10 * counts[0]!.get(agent)!);
  t.ok(counts[0]!.get(interruption)! > 50);
});

t.test('an empty call makes a picture too', async t => {
  const none = new Int16Array(0);
  t.ok(
    drawPicture({ title: '', rateHz: 8000, caller: none, agent: none, turns: [], bargeIns: [] }).length > 100,
  );
});

t.test('options', async t => {
  const read = (...args: string[]) => readOptions(args, {});
  t.same(read('--seed', '3..5').seeds, [3, 4, 5]);
  t.same(read('--seed', '3…4').seeds, [3, 4]);
  t.same(read('--seed', '7', '--count', '2').seeds, [7, 8]);
  t.equal(read('--interrupt', 'greeting').behaviour.interruptTurn, 1);
  t.equal(read('--interrupt', 'turn:4').behaviour.interruptTurn, 4);
  t.equal(read('--noise').behaviour.noiseDbfs, -30);
  t.equal(read('--noise', '-20', '--silent').behaviour.noiseDbfs, -20);
  t.equal(read('--noise', '--silent').behaviour.silent, true);
  t.equal(read('--hangup-after', '2.5').behaviour.hangUpAfter, 2.5);
  t.equal(readOptions([], { CALL_PASSWORD: 'x' }).password, 'x');
  for (const wrong of [
    ['--seed', 'x'],
    ['--seed', '5..3'],
    ['--seed', '1..5000'],
    ['--target', 'tel:+1'],
    ['--interrupt', 'turn:0'],
    ['--codec', 'opus'],
    ['--voice', 'nobody'],
    ['--hangup-after', 'soon'],
    ['--from', 'a"<b>'],
    ['--from', 'x\r\nVia: y'],
    ['--parallel', '0'],
    ['--unknown'],
    ['stray'],
  ]) {
    t.throws(() => read(...wrong), UsageError, wrong.join(' '));
  }
});

t.test('spreads, latencies and the end of an interrupted sound', async t => {
  t.same(spreadOf([5, 1, 4, 2, 3]), { count: 5, median: 3, p95: 5, max: 5 });
  t.equal(spreadOf([]), undefined);
  const turn = (speaker: 'agent' | 'caller', startMs: number, endMs: number) => ({
    speaker,
    text: '',
    startMs,
    endMs,
  });
  const turns = withLatencies([
    turn('caller', 1500, 2000),
    turn('agent', 0, 1000),
    turn('agent', 2700, 3000),
    turn('agent', 4000, 4500),
    turn('caller', 5000, 6000),
    turn('agent', 5800, 7000),
  ]);
  t.same(
    turns.map(({ latencyMs }) => latencyMs),
    [undefined, undefined, 700, undefined, undefined, undefined],
    'none without a caller before, none when both speak',
  );
  const sounds = [
    { startMs: 0, endMs: 1000 },
    { startMs: 1300, endMs: 2000 },
    { startMs: 4000, endMs: 5000 },
  ];
  const cut = (startMs: number, endMs: number) => lastSoundWhenCut(sounds, { startMs, endMs }, 700);
  t.equal(cut(900, 1200), 1000, 'it fell silent');
  t.equal(cut(900, 1500), 2000, 'it went on after a pause while the caller spoke');
  t.equal(cut(900, 4500), 2000, 'a long pause is the end');
  t.equal(cut(2500, 3000), undefined, 'it was silent already');
});

t.test('the table of several calls', async t => {
  const report = {
    seed: 3,
    outcome: 'completed',
    turns: [],
    bargeIns: [],
    connectMs: 12,
  } as unknown as CallReport;
  const table = summaryTable([report, { ...report, seed: 4, outcome: 'cutOff' }]);
  t.match(table, /^seed +outcome/);
  t.match(table, /3 +completed/);
  t.match(table, /all +1 of 2/);
});
