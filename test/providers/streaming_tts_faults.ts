import assert from 'node:assert/strict';
import { assertFault, onBench, SENTENCE, type StreamingTtsCheck } from './streaming_tts_rig.ts';

/** What may go wrong with a provider, and what it must be taken for. */
export const STREAMING_TTS_FAULTS: readonly StreamingTtsCheck[] = [
  {
    name: 'takes a silent server for a failed one, after what came',
    // What came must have been there before its patience ends.
    alone: true,
    run: rig =>
      onBench(rig, { stallMs: 1_000 }, async ({ server, speak }) => {
        server.script.fault = () => ({ kind: 'halfOpen', afterChunks: 8 });
        const { pcm, error } = await speak(SENTENCE);
        assertFault(error, 'timeout');
        assert.equal(pcm.length > 0, rig.streams);
        server.script.fault = () => undefined;
        assert.equal((await speak('And on.')).error, undefined);
        assert.equal(server.record.connections, 2, 'not over the connection that fell silent');
      }),
  },
  {
    name: 'takes what makes no sense for a fault',
    run: rig =>
      onBench(rig, {}, async ({ server, speak }) => {
        server.script.fault = () => ({ kind: 'garbage', afterChunks: 4 });
        assertFault((await speak(SENTENCE)).error, 'protocol');
        server.script.fault = () => undefined;
        assert.equal((await speak('And on.')).error, undefined);
      }),
  },
  {
    name: 'takes nothing but silence for a fault',
    run: rig =>
      onBench(rig, {}, async ({ server, speak }) => {
        for (const samples of [0, 16_000]) {
          server.script.audio = () => ({ pcm: new Int16Array(samples), words: [] });
          const { pcm, words, error } = await speak(SENTENCE);
          assertFault(error, 'protocol');
          assert.equal(pcm.length + words.length, 0);
        }
      }),
  },
  {
    name: 'gives what came before a connection is lost, and then the fault',
    run: rig =>
      onBench(rig, {}, async ({ server, speak }) => {
        server.script.fault = () => ({ kind: 'drop', afterChunks: 20 });
        const { pcm, words, error } = await speak(SENTENCE);
        assertFault(error, 'unavailable');
        if (rig.streams) {
          const cameMs = 2_000 - 140;
          const isMs = (pcm.length * 1_000) / 16_000;
          assert.ok(Math.abs(isMs - cameMs) <= 130, `${isMs} ms of ${cameMs} ms`);
          const told = words.map(({ word }) => word).join(' ');
          assert.ok(SENTENCE.startsWith(told) && words.length >= 3 && words.length <= 7, told);
        }
        server.script.fault = () => undefined;
        assert.equal((await speak('And on.')).error, undefined);
      }),
  },
  {
    name: 'knows a key that is not accepted',
    run: rig =>
      onBench(rig, { apiKey: 'another-key' }, async ({ speak }) => {
        const { error } = await speak(SENTENCE);
        assertFault(error, 'auth');
        assert.doesNotMatch(error.message, /another-key/u);
      }),
  },
  {
    name: 'knows a limit, and how long it lasts',
    run: rig =>
      onBench(rig, {}, async ({ server, speak }) => {
        server.script.refuse = () => ({ status: 429, retryAfterS: 7 });
        const { error } = await speak(SENTENCE);
        assertFault(error, 'rateLimited');
        assert.equal(error.retryAfterMs, 7_000);
        server.script.refuse = () => ({ status: 402, retryAfterS: 60 });
        assertFault((await speak(SENTENCE)).error, 'refused');
        server.script.refuse = () => undefined;
        assert.equal((await speak(SENTENCE)).error, undefined);
      }),
  },
  {
    name: 'knows a server that is out of order',
    run: rig =>
      onBench(rig, {}, async ({ server, speak }) => {
        server.script.refuse = () => ({ status: 500 });
        assertFault((await speak(SENTENCE)).error, 'unavailable');
        assert.ok(server.record.connections <= 2, 'and does not insist');
        server.script.refuse = () => ({ status: 503, retryAfterS: 2 });
        const { error } = await speak(SENTENCE);
        assertFault(error, 'unavailable');
        assert.equal(error.retryAfterMs, 2_000);
      }),
  },
  {
    name: 'knows a server that is not there',
    run: rig =>
      onBench(rig, {}, async ({ server, speak }) => {
        await server.close();
        assertFault((await speak(SENTENCE)).error, 'unavailable');
      }),
  },
];
