import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';
import { LIMITS } from '../../src/config/limits.ts';
import { measureLevel } from '../../src/providers/tts/speech_level.ts';
import { STREAMING_TTS_FAULTS } from './streaming_tts_faults.ts';
import {
  assertDuration,
  assertFault,
  assertTones,
  expected,
  onBench,
  SENTENCE,
  type Spoken,
  type StreamingTtsCheck,
  until,
} from './streaming_tts_rig.ts';

const RATES = [8_000, 16_000] as const;
const reason = new Error('the caller interrupted');

/** Until the end of a sentence's sound a word is told with or before the sound of its end. */
function assertTimes(text: string, { words, pcm }: Spoken, rateHz: number, mostMs: number): void {
  const due = expected(text).words;
  assert.deepEqual(
    words.map(({ word }) => word),
    due.map(({ word }) => word),
  );
  let last = 0;
  for (const [at, { startMs, endMs }] of words.entries()) {
    assert.ok(startMs >= last && endMs >= startMs, `${startMs} to ${endMs} ms after ${last} ms`);
    last = endMs;
    assert.ok(
      Math.abs(endMs - due[at]!.endMs) <= mostMs,
      `word ${at} ends at ${endMs}, not ${due[at]!.endMs}`,
    );
  }
  assert.ok(last <= (pcm.length * 1_000) / rateHz);
}

const SOUND: readonly StreamingTtsCheck[] = [
  {
    name: 'gives the first piece before the server has sent the second',
    suits: rig => rig.streams,
    run: rig =>
      onBench(rig, {}, async ({ server, speak }) => {
        const gate = Promise.withResolvers<void>();
        server.script.chunkMs = 300;
        server.script.hold = chunk => (chunk === 0 ? Promise.resolve() : gate.promise);
        let chunks = 0;
        const spoken = await speak(SENTENCE, {
          onPiece: ({ pcm }) => {
            if (chunks === 0 && pcm.length > 0) chunks = server.record.chunks;
            gate.resolve();
            return undefined;
          },
        });
        assert.equal(spoken.error, undefined);
        assert.equal(chunks, 1);
      }),
  },
  {
    name: 'speaks at the rate that is asked for, with nothing but silence cut away',
    run: rig =>
      onBench(rig, {}, async ({ speak }) => {
        for (const rateHz of RATES) {
          const spoken = await speak(SENTENCE, { rateHz });
          assert.equal(spoken.error, undefined);
          assertDuration(SENTENCE, spoken.pcm, rateHz);
          assertTones(SENTENCE, spoken.pcm, rateHz);
        }
      }),
  },
  {
    name: 'tells every word in order, within the sound, and not after it',
    run: rig =>
      onBench(rig, {}, async ({ server, speak }) => {
        for (const [rateHz, chunkMs] of [
          [8_000, 90],
          [16_000, 700],
        ] as const) {
          server.script.chunkMs = chunkMs;
          let givenMs = 0;
          const late: number[] = [];
          const spoken = await speak(SENTENCE, {
            rateHz,
            onPiece: piece => {
              late.push(...piece.words.map(({ endMs }) => givenMs - endMs));
              givenMs += (piece.pcm.length * 1_000) / rateHz;
              return undefined;
            },
          });
          assertTimes(SENTENCE, spoken, rateHz, rig.tellsWords ? 25 : 450);
          // A guess may wait for the pause after the word.
          const mostMs = rig.tellsWords ? 20 : 130;
          assert.ok(Math.max(...late) <= mostMs, `a word was told ${Math.max(...late)} ms after its sound`);
        }
      }),
  },
  {
    name: 'speaks as loud as a telephone expects, at one gain from first to last',
    run: rig =>
      onBench(rig, {}, async ({ speak }) => {
        for (const most of [6, 3]) {
          const { pcm } = await speak(SENTENCE);
          const { activeRms, peak } = measureLevel(pcm, 16_000);
          const levelDbfs = 20 * Math.log10(activeRms / 32_768);
          assert.ok(Math.abs(levelDbfs + 20) < most, `${levelDbfs.toFixed(1)} dBFS`);
          assert.ok(peak < 32_700);
          const { words } = expected(SENTENCE);
          const levels = [words[1]!, words.at(-1)!].map(({ startMs, endMs }) => {
            const word = pcm.subarray((startMs + 10) * 16, (endMs - 10) * 16);
            return 20 * Math.log10(measureLevel(word, 16_000).activeRms);
          });
          assert.ok(Math.abs(levels[0]! - levels[1]!) < 1, `${levels}`);
        }
      }),
  },
  {
    name: 'puts chunks of odd lengths together',
    run: rig =>
      onBench(rig, {}, async ({ server, speak }) => {
        server.script.oddBytes = true;
        for (const rateHz of RATES) {
          const { pcm, error } = await speak(SENTENCE, { rateHz });
          assert.equal(error, undefined);
          assertDuration(SENTENCE, pcm, rateHz);
          assertTones(SENTENCE, pcm, rateHz);
        }
      }),
  },
  {
    name: 'is not led astray by sound of another rate than was asked for',
    suits: rig => rig.announcesRate,
    run: rig =>
      onBench(rig, {}, async ({ server, speak }) => {
        for (const announceHz of [22_050, 8_000, 48_000]) {
          server.script.announceHz = announceHz;
          const { pcm, error } = await speak(SENTENCE);
          assert.equal(error, undefined);
          assertDuration(SENTENCE, pcm, 16_000);
          assertTones(SENTENCE, pcm, 16_000);
        }
        server.script.announceHz = 12_345;
        assertFault((await speak(SENTENCE)).error, 'protocol');
      }),
  },
  {
    name: 'says nothing for nothing, and asks nobody',
    run: rig =>
      onBench(rig, {}, async ({ server, speak }) => {
        for (const empty of ['', '  ', '…', '😀', '<>']) {
          const { pcm, words, error } = await speak(empty);
          assert.equal(error, undefined);
          assert.equal(pcm.length + words.length, 0, `for "${empty}"`);
        }
        assert.deepEqual(server.record.texts, []);
        // There is nothing wrong with it, all the same.
        assert.ok((await speak('Hello.')).pcm.length > 0);
      }),
  },
  {
    name: 'takes any text for text',
    run: rig =>
      onBench(rig, {}, async ({ server, speak }) => {
        const hostile = [
          '<speak>Hello <break time="60s"/></speak>',
          '"} , "cancel": true, {"a": "b',
          'New\r\nline \u0000 \u001b[2J end',
          '\ud800 half a pair',
          '$(reboot) `id`; -o x',
        ];
        for (const text of hostile) {
          const { pcm, error } = await speak(text);
          assert.equal(error, undefined, text);
          assert.ok(pcm.length > 0, text);
        }
        assert.equal(server.record.texts.length, hostile.length);
        for (const text of server.record.texts) assert.doesNotMatch(text, /[<>\p{Cc}]/u);
      }),
  },
  {
    name: 'refuses what is too long',
    run: rig =>
      onBench(rig, {}, async ({ server, speak }) => {
        const { error } = await speak('word '.repeat(LIMITS.ttsSentenceCharacters));
        assertFault(error, 'refused');
        assert.deepEqual(server.record.texts, []);
      }),
  },
];

const ENDING: readonly StreamingTtsCheck[] = [
  {
    name: 'does not begin when it is told not to',
    run: rig =>
      onBench(rig, {}, async ({ server, speak }) => {
        const { error } = await speak(SENTENCE, { signal: AbortSignal.abort(reason) });
        assert.equal(error, reason);
        assert.deepEqual(server.record.texts, []);
      }),
  },
  {
    name: 'stops while it waits for the first sound, and the server is told',
    run: rig =>
      onBench(rig, {}, async ({ server, speak }) => {
        server.script.firstByteMs = () => 60_000;
        const control = new AbortController();
        const spoken = speak(SENTENCE, { signal: control.signal });
        await until(() => server.record.texts.length === 1, 'the sentence is asked for');
        control.abort(reason);
        assert.equal((await spoken).error, reason);
        await until(() => server.record.cancelled.length === 1, 'the server is told');
        server.script.firstByteMs = () => 0;
        assertTones('And on.', (await speak('And on.')).pcm, 16_000);
      }),
  },
  {
    name: 'stops in mid-sentence with the reason it was given, and the server is told',
    suits: rig => rig.streams,
    run: rig =>
      onBench(rig, {}, async ({ server, speak }) => {
        const control = new AbortController();
        server.script.paceMs = () => 20;
        const { error } = await speak(SENTENCE, {
          signal: control.signal,
          onPiece: () => {
            control.abort(reason);
            return undefined;
          },
        });
        assert.equal(error, reason);
        await until(() => server.record.cancelled.length === 1, 'the server is told');
        const { pcm } = await speak('And on.');
        assertDuration('And on.', pcm, 16_000);
        assertTones('And on.', pcm, 16_000);
      }),
  },
  {
    name: 'stops at once, whether the next piece is asked for or not',
    suits: rig => rig.streams,
    run: rig =>
      onBench(rig, {}, async ({ server, tts }) => {
        const control = new AbortController();
        server.script.paceMs = () => 20;
        const spoken = tts.speak(SENTENCE, { rateHz: 8_000, signal: control.signal })[Symbol.asyncIterator]();
        await spoken.next();
        control.abort(reason);
        await until(() => server.record.cancelled.length === 1, 'the server is told');
        await assert.rejects(spoken.next(), (error: unknown) => error === reason);
      }),
  },
  {
    name: 'stops when nobody listens any more, and the server is told',
    suits: rig => rig.streams,
    run: rig =>
      onBench(rig, {}, async ({ server, speak }) => {
        server.script.paceMs = () => 20;
        await speak(SENTENCE, { onPiece: () => false });
        await until(() => server.record.cancelled.length === 1, 'the server is told');
        const { pcm } = await speak('And on.');
        assertDuration('And on.', pcm, 16_000);
        assertTones('And on.', pcm, 16_000);
      }),
  },
  {
    name: 'ends what is spoken when it is closed, and speaks no more',
    run: rig =>
      onBench(rig, {}, async ({ server, tts, speak }) => {
        server.script.firstByteMs = () => 60_000;
        const spoken = speak(SENTENCE);
        await until(() => server.record.texts.length === 1, 'the sentence is asked for');
        await tts.close();
        assertFault((await spoken).error, 'unavailable');
        assertFault((await speak(SENTENCE)).error, 'unavailable');
        assert.equal(server.record.texts.length, 1);
      }),
  },
];

const CONNECTIONS: readonly StreamingTtsCheck[] = [
  {
    name: 'speaks several sentences at once, each with its own sound',
    run: rig =>
      onBench(rig, {}, async ({ server, speak }) => {
        server.script.paceMs = () => 2;
        const texts = [
          'One piano.',
          'Two large wardrobes.',
          'Three',
          'Four',
          'Five',
          'Six',
          'Seven of them.',
        ];
        const all = await Promise.all(texts.map(text => speak(text)));
        for (const [at, { pcm, words, error }] of all.entries()) {
          assert.equal(error, undefined);
          assertDuration(texts[at]!, pcm, 16_000);
          assertTones(texts[at]!, pcm, 16_000);
          assert.equal(words.map(({ word }) => word).join(' '), texts[at]);
        }
      }),
  },
  {
    name: 'uses a connection for one sentence after the other',
    run: rig =>
      onBench(rig, {}, async ({ server, speak }) => {
        for (const text of ['One.', 'Two.', 'Three.']) assert.equal((await speak(text)).error, undefined);
        assert.equal(server.record.connections, 1);
      }),
  },
  {
    name: 'opens a connection before it is needed',
    run: rig =>
      onBench(rig, {}, async ({ server, tts, speak }) => {
        tts.prepare(16_000);
        await until(() => server.record.connections === 1, 'a connection is there');
        await sleep(100);
        assert.equal((await speak(SENTENCE)).error, undefined);
        assert.equal(server.record.connections, 1);
      }),
  },
  {
    name: 'does without a connection that died while it was kept',
    run: rig =>
      onBench(rig, {}, async ({ server, speak }) => {
        await speak('One.');
        server.breakOff();
        const { pcm, error } = await speak('Two.');
        assert.equal(error, undefined);
        assertTones('Two.', pcm, 16_000);
      }),
  },
  {
    name: 'waits for a slow server',
    run: rig =>
      onBench(rig, {}, async ({ server, speak }) => {
        server.script.firstByteMs = () => 300;
        server.script.paceMs = () => 10;
        const { pcm, error } = await speak(SENTENCE);
        assert.equal(error, undefined);
        assertDuration(SENTENCE, pcm, 16_000);
      }),
  },
];

export const STREAMING_TTS_CHECKS: readonly StreamingTtsCheck[] = [
  ...SOUND,
  ...ENDING,
  ...CONNECTIONS,
  ...STREAMING_TTS_FAULTS,
];
