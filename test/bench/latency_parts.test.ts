import t from 'tap';
import { WebSocket } from 'ws';
import type { Utterance } from '../../bench/latency/dialogue.ts';
import { type Services, startServices } from '../../bench/latency/services.ts';
import { summaryOf } from '../../bench/latency/summary.ts';
import { turnFiguresOf } from '../../bench/latency/turn_figures.ts';

const RATE_HZ = 16_000;
const PIECE = RATE_HZ / 10;
const AT_ONCE = { name: 'at once', finalMs: 1, firstTokenMs: 1, firstByteMs: 1 };

type Message = Readonly<Record<string, unknown>>;

async function connect(url: string, headers: Record<string, string>) {
  const socket = new WebSocket(url, { headers });
  await new Promise((resolve, reject) => socket.once('open', resolve).once('error', reject));
  const messages: Message[] = [];
  const waiting = new Set<() => void>();
  socket.on('message', data => {
    messages.push(JSON.parse((data as Buffer).toString('utf8')) as Message);
    for (const look of waiting) look();
  });
  const until = (isThere: (message: Message) => boolean): Promise<Message> =>
    new Promise(resolve => {
      const look = (): void => {
        const message = messages.find(isThere);
        if (message === undefined) return;
        waiting.delete(look);
        resolve(message);
      };
      waiting.add(look);
      look();
    });
  return { socket, messages, until };
}

function transcriptOf({ channel }: Message): string {
  return (channel as { alternatives: [{ transcript: string }] }).alternatives[0].transcript;
}

/** Two words of 300 ms each behind 200 ms of silence, at the caller's 8 kHz. */
const UTTERANCE: Utterance = {
  text: 'Yes please.',
  pcm: Int16Array.from({ length: 8 * 800 }, (_, at) => (at < 8 * 200 ? 0 : 4000)),
  words: [
    { word: 'Yes', startMs: 200, endMs: 500 },
    { word: 'please.', startMs: 500, endMs: 800 },
  ],
  misheardAs: 'moreover',
};

/** A line's noise, with the utterance's sound from 350 ms on. */
function line(ms: number): Int16Array {
  const [from, to] = [(350 * RATE_HZ) / 1000, (950 * RATE_HZ) / 1000];
  return Int16Array.from({ length: (ms * RATE_HZ) / 1000 }, (_, at) =>
    at >= from && at < to ? 4000 : (at % 3) * 20 - 20,
  );
}

t.test(
  'the scripted recogniser of a whole line tells words as their sound ends, and a final unasked',
  async t => {
    const services = await startServices(AT_ONCE, 1, 'line');
    t.teardown(() => services.close());
    const query = new URLSearchParams({ model: 'nova-3', encoding: 'linear16', sample_rate: `${RATE_HZ}` });
    for (const name of ['interim_results', 'vad_events']) query.set(name, 'true');
    query.set('endpointing', '25');
    const { socket, messages, until } = await connect(`${services.urls.stt}?${query}`, {
      authorization: `Token ${services.key}`,
    });
    t.teardown(() => socket.terminate());
    const ended = await services.speaks(UTTERANCE);
    const pcm = line(1300);
    for (let at = 0; at < pcm.length; at += PIECE) {
      socket.send(Buffer.from(pcm.buffer, at * 2, PIECE * 2));
      if (at === 7 * PIECE)
        await until(message => message.type === 'Results' && transcriptOf(message) === 'yes');
    }
    const final = await until(({ is_final }) => is_final === true);
    ended();
    const started = messages.filter(({ type }) => type === 'SpeechStarted');
    t.same(
      started.map(({ timestamp }) => Number(timestamp).toFixed(2)),
      ['0.30'],
      'noise before it begins nothing',
    );
    t.equal(transcriptOf(final), 'yes please.', 'with the words as they are');
    t.match(final, { speech_final: true, from_finalize: false });
    const [yes] = (final.channel as { alternatives: [{ words: { start: number; end: number }[] }] })
      .alternatives[0].words;
    t.ok(Math.abs(yes!.start - 0.35) < 0.02, `placed at ${yes!.start} s, where its sound begins`);
  },
);

/** What LiveKit's plugin sends of a turn: a sentence an input, and an empty last one. */
async function speakInParts({ urls, key }: Services): Promise<readonly Message[]> {
  const { socket, messages, until } = await connect(`${urls.tts}/tts/websocket`, {
    'x-api-key': key,
    'cartesia-version': '2025-04-16',
  });
  const input = {
    model_id: 'sonic-3',
    voice: { mode: 'id', id: 'v' },
    output_format: { container: 'raw', encoding: 'pcm_s16le', sample_rate: 24_000 },
    context_id: 'turn',
  };
  const inputs = [
    { transcript: 'All right, I have it. ', continue: true },
    { transcript: 'What else? ', continue: true },
    { transcript: ' ', continue: false },
  ];
  for (const part of inputs) socket.send(JSON.stringify({ ...input, ...part }));
  await until(({ type }) => type === 'done');
  socket.terminate();
  return messages;
}

t.test('the scripted voice speaks the inputs of a context one behind the other, on one clock', async t => {
  const services = await startServices(AT_ONCE, 1);
  t.teardown(() => services.close());
  const messages = await speakInParts(services);
  t.equal(messages.filter(({ type }) => type === 'done').length, 1);
  t.equal(messages.filter(({ type }) => type === 'error').length, 0);
  const times = messages
    .filter(({ type }) => type === 'timestamps')
    .map(({ word_timestamps: told }) => told as { words: string[]; start: number[] });
  t.same(
    times.flatMap(({ words }) => words),
    ['All', 'right,', 'I', 'have', 'it.', 'What', 'else?'],
  );
  const starts = times.flatMap(({ start }) => start);
  t.same(
    starts,
    starts.toSorted((a, b) => a - b),
  );
  t.ok(starts.at(-2)! > 1.5, 'the second input begins behind the first');
});

t.test('turns that failed are counted, and no others are timed', async t => {
  const turn = { text: 'a', lastSoundMs: 1000, firstSoundMs: 1500, wasCutOff: false };
  const figures = turnFiguresOf(
    [
      {
        turns: [turn, { ...turn, firstSoundMs: undefined }, { ...turn, wasCutOff: true }],
        failure: undefined,
      },
      { turns: [{ ...turn, firstSoundMs: 1700 }], failure: 'no answer in 30 s' },
    ],
    3,
  );
  t.same(figures, {
    turns: 4,
    missing: 2,
    failures: ['no answer in 30 s'],
    unanswered: 1,
    cutOff: 1,
    voiceToVoiceMs: { count: 2, median: 500, p95: 700, max: 700 },
  });
});

t.test('the summary has both sides, and what failed', async t => {
  const own = {
    ...turnFiguresOf([], 1),
    turns: 201,
    voiceToVoiceMs: { count: 201, median: 546, p95: 742, max: 902 },
    delays: AT_ONCE,
    ownMs: undefined,
    ledger: {},
    used: { calls: 3, cpuPercent: { media: 3 }, totalCpuPercent: 3 },
    firstWords: {
      calls: 3,
      neverStopped: 1,
      stopMs: { count: 1, median: 146, p95: 151, max: 151 },
      failures: ['x'],
    },
  };
  const theirs = {
    ...own,
    unanswered: 2,
    cutOff: 3,
    missing: 4,
    settings: {},
    versions: { agents: '1.9.0' },
  };
  const posture = {
    at: '2026-01-02T00:00:00Z',
    cores: 2,
    cpu: 'some',
    node: 'v24',
    kernel: '6',
    commit: 'c',
    memoryGiB: 1,
    loadBefore: 0,
  };
  const livekit = { ...theirs, usual: undefined, byDefault: { ...theirs, firstWords: undefined } };
  const summary = summaryOf({ fast: own, usual: undefined, livekit }, posture);
  t.match(summary, '| own | 1 / 1 / 1 | 201 | 0 | 546 | 742 | 146 / 151 (2 of 3 calls not) | 1 |');
  t.match(summary, '| LiveKit, by the pause | 1 / 1 / 1 | 201 | 9 |');
  t.match(summary, '| LiveKit, by its turn detector |');
  t.match(summary, 'LiveKit: agents 1.9.0.');
  t.notMatch(summary, 'undefined');
  const alone = summaryOf({ fast: own, usual: own, livekit: { skipped: 'not wanted' } }, posture);
  t.match(alone, 'LiveKit: not wanted.');
  t.equal(alone.match(/^\| own /gm)?.length, 2);
});
