import assert from 'node:assert/strict';
import { TrunklineError } from '../../src/config/errors.ts';
import type { Expectation, Recognition, Stt } from '../../src/providers/types.ts';
import { callerSpeech, rumble } from './spoken_fixtures.ts';

/** What every recogniser with grammars must do; each check stands alone and throws when it is not met. */
export interface SttCheck {
  readonly name: string;
  run(stt: Stt): Promise<void>;
}

/** Below it nothing is acted on. */
const THRESHOLD = 0.3;

export const YES_NO: Expectation = {
  id: 'conformance-yes-no',
  jsgf: '#JSGF V1.0;\ngrammar g;\npublic <g> = yes | no | yes please | no thank you;',
};
export const DATES: Expectation = {
  id: 'conformance-dates',
  jsgf: `#JSGF V1.0;
grammar g;
<weekday> = monday | tuesday | wednesday | thursday | friday | saturday | sunday;
public <g> = tomorrow | [next] <weekday>;`,
};
const PIANOS: Expectation = {
  id: 'conformance-pianos',
  jsgf: '#JSGF V1.0;\ngrammar g;\npublic <g> = (upright | grand | spinet | Bösendorfer) [piano];',
};

export async function recognise(
  stt: Stt,
  expect: Expectation,
  pcm: Int16Array,
  { rateHz = 16_000, pieceSamples = 320 }: { rateHz?: 8000 | 16000; pieceSamples?: number } = {},
): Promise<Recognition> {
  const session = stt.open({ rateHz, expect });
  for (let at = 0; at < pcm.length; at += pieceSamples) session.write(pcm.subarray(at, at + pieceSamples));
  return session.finish();
}

export const STT_CHECKS: readonly SttCheck[] = [
  {
    name: 'understands a wide-band caller',
    async run(stt) {
      const heard = await recognise(stt, YES_NO, await callerSpeech('No, thank you.'));
      assert.equal(heard.text, 'no thank you');
      assert.ok(heard.confidence >= THRESHOLD && heard.confidence <= 1);
    },
  },
  {
    name: 'understands a caller at 8 kHz',
    async run(stt) {
      const pcm = await callerSpeech('Next Thursday.', { rateHz: 8000 });
      const heard = await recognise(stt, DATES, pcm, { rateHz: 8000 });
      assert.equal(heard.text, 'next thursday');
      assert.ok(heard.confidence >= THRESHOLD);
    },
  },
  {
    name: 'understands what it got ready for, and is not shaken by what it cannot get ready for',
    async run(stt) {
      stt.prepare({ id: 'conformance-unusable', jsgf: 'no grammar' });
      stt.prepare(DATES);
      stt.prepare(DATES);
      assert.equal((await recognise(stt, DATES, await callerSpeech('Sunday.'))).text, 'sunday');
    },
  },
  {
    name: 'understands a caller who is far from the telephone',
    async run(stt) {
      const pcm = (await callerSpeech('Next Saturday.')).map(sample => Math.round(sample / 16));
      assert.equal((await recognise(stt, DATES, pcm)).text, 'next saturday');
    },
  },
  {
    name: 'does not care how the audio is cut',
    async run(stt) {
      const pcm = await callerSpeech('Tomorrow.');
      const whole = await recognise(stt, DATES, pcm, { pieceSamples: 16_000 });
      const crumbs = await recognise(stt, DATES, pcm, { pieceSamples: 37 });
      assert.equal(whole.text, 'tomorrow');
      assert.equal(crumbs.text, 'tomorrow');
    },
  },
  {
    name: 'hears nothing in silence',
    async run(stt) {
      assert.equal((await recognise(stt, YES_NO, new Int16Array(16_000))).text, '');
      assert.equal((await recognise(stt, YES_NO, new Int16Array(0))).text, '');
    },
  },
  {
    name: 'does not take other speech or noise for an answer',
    async run(stt) {
      for (const pcm of [
        await callerSpeech('The weather in the mountains was beautiful all summer long.'),
        await callerSpeech('My brother told me about your company.', { voice: 'awb' }),
        rumble(16_000, 1.5),
      ]) {
        const { text, confidence } = await recognise(stt, DATES, pcm);
        assert.ok(text === '' || confidence < THRESHOLD, `took it with ${confidence}`);
      }
    },
  },
  {
    name: 'names alternatives that are no better than the text',
    async run(stt) {
      const heard = await recognise(stt, DATES, await callerSpeech('Sunday.'));
      for (const alternative of heard.alternatives) {
        assert.notEqual(alternative.text, heard.text);
        assert.ok(alternative.confidence >= 0 && alternative.confidence <= heard.confidence);
      }
    },
  },
  {
    name: 'says words that no dictionary has, in lower case as the grammar spells them',
    async run(stt) {
      assert.equal((await recognise(stt, PIANOS, await callerSpeech('Spinet piano.'))).text, 'spinet piano');
      assert.equal((await recognise(stt, PIANOS, await callerSpeech('Bosendorfer.'))).text, 'bösendorfer');
    },
  },
  {
    name: 'keeps callers apart',
    async run(stt) {
      const sentences = ['monday', 'next friday', 'tomorrow', 'wednesday'];
      const speech = await Promise.all(sentences.map(sentence => callerSpeech(`${sentence}.`)));
      const sessions = sentences.map(() => stt.open({ rateHz: 16_000, expect: DATES }));
      const longest = Math.max(...speech.map(pcm => pcm.length));
      for (let at = 0; at < longest; at += 160) {
        for (const [caller, session] of sessions.entries())
          session.write(speech[caller]!.subarray(at, at + 160));
      }
      const heard = await Promise.all(sessions.map(session => session.finish()));
      assert.deepEqual(
        heard.map(({ text }) => text),
        sentences,
      );
    },
  },
  {
    name: 'gives one final, and ignores what is written after it',
    async run(stt) {
      const session = stt.open({ rateHz: 16_000, expect: YES_NO });
      session.write(await callerSpeech('Yes.'));
      const first = session.finish();
      session.write(await callerSpeech('No.'));
      assert.equal((await first).text, 'yes');
      assert.deepEqual(await session.finish(), await first);
    },
  },
  {
    name: 'tells what was said so far, where it can, and goes on',
    async run(stt) {
      const session = stt.open({ rateHz: 16_000, expect: YES_NO });
      if (session.settle === undefined) return session.cancel();
      session.write(await callerSpeech('No.'));
      assert.equal((await session.settle()).text, 'no');
      assert.equal((await session.settle()).text, 'no', 'also when asked again');
      session.write(await callerSpeech('Thank you.'));
      assert.equal((await session.settle()).text, 'no thank you');
      assert.equal((await session.finish()).text, 'no thank you');
      await assert.rejects(session.settle(), TrunklineError);
    },
  },
  {
    name: 'gives up when told to, and only there',
    async run(stt) {
      const [given, kept] = [0, 1].map(() => stt.open({ rateHz: 16_000, expect: YES_NO }));
      const pcm = await callerSpeech('Yes please.');
      given!.write(pcm);
      kept!.write(pcm);
      given!.cancel();
      given!.cancel();
      await assert.rejects(given!.finish(), TrunklineError);
      assert.equal((await kept!.finish()).text, 'yes please');
    },
  },
  {
    name: 'refuses a broken grammar and goes on',
    async run(stt) {
      const broken = { id: 'conformance-broken', jsgf: '#JSGF V1.0;\npublic <g> = yes | <nowhere>;' };
      await assert.rejects(
        recognise(stt, broken, await callerSpeech('Yes.')),
        (error: unknown) => error instanceof TrunklineError && error.code === 'GRAMMAR_INVALID',
      );
      assert.equal((await recognise(stt, YES_NO, await callerSpeech('Yes.'))).text, 'yes');
    },
  },
];
