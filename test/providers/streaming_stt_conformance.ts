import assert from 'node:assert/strict';
import { setTimeout as pause } from 'node:timers/promises';
import { TrunklineError } from '../../src/config/errors.ts';
import { STREAMING_STT_FAULT_CHECKS } from './streaming_stt_faults.ts';
import {
  ANYTHING,
  faultOf,
  hear,
  KEY,
  type StreamingSttCheck,
  until,
  using,
  writeAll,
} from './streaming_stt_rig.ts';

const WELL: readonly StreamingSttCheck[] = [
  {
    name: 'hears what is said, and how sure it is',
    run: rig =>
      using(rig, {}, async ({ stt, say }) => {
        const heard = await hear(stt, await say('no thank you'));
        assert.equal(heard.text, 'no thank you');
        assert.ok(heard.confidence > 0.3 && heard.confidence <= 1, `confidence ${heard.confidence}`);
      }),
  },
  {
    name: 'hears a caller at 8 kHz',
    run: rig =>
      using(rig, {}, async ({ stt, say }) => {
        const wide = await say('no thank you');
        const narrow = wide.filter((_, at) => at % 2 === 0);
        assert.equal((await hear(stt, narrow, { rateHz: 8000 })).text, 'no thank you');
      }),
  },
  {
    name: 'tells partials as they grow',
    run: rig =>
      using(rig, {}, async ({ stt, say, server }) => {
        const partials: string[] = [];
        const session = stt.open({
          rateHz: 16_000,
          expect: ANYTHING,
          onPartial: text => partials.push(text),
        });
        const pcm = await say('i want to move my piano');
        const paceMs = server === undefined ? 20 : 1;
        for (let at = 0; at < pcm.length; at += 320) {
          session.write(pcm.subarray(at, at + 320));
          await pause(paceMs);
        }
        const isTold = () => partials.at(-1)?.startsWith('i want to move') === true;
        await until(isTold, 'most of it was told', rig.patienceMs);
        const { text } = await session.finish();
        assert.equal(text, 'i want to move my piano');
        assert.ok(partials.length > 1, 'more than one');
        for (const [at, partial] of partials.entries()) {
          assert.notEqual(partial, partials[at - 1], 'told only when it changes');
          if (server !== undefined) assert.ok(text.startsWith(partial), `${partial} is how ${text} begins`);
        }
        assert.deepEqual(
          partials.map(({ length }) => length),
          partials.map(({ length }) => length).toSorted((a, b) => a - b),
        );
      }),
  },
  {
    name: 'writes plain words',
    needsServer: true,
    run: rig =>
      using(rig, {}, async ({ stt, say }) => {
        const heard = await hear(stt, await say("Well, it's Jo.Smith@Example.org! At 5:30."));
        assert.equal(heard.text, "well it's jo.smith@example.org at 5:30");
      }),
  },
  {
    name: 'sends all of the sound, and once',
    needsServer: true,
    run: rig =>
      using(rig, {}, async ({ stt, say, server }) => {
        const pcm = await say('yes');
        await hear(stt, pcm);
        const filledMs = (server.audioBytes - pcm.length * 2) / 32;
        assert.ok(filledMs >= 0 && filledMs < 50, `${filledMs} ms more than there were`);
      }),
  },
  {
    name: 'uses a connection again',
    needsServer: true,
    run: rig =>
      using(rig, {}, async ({ stt, say, server }) => {
        for (const text of ['the first', 'and the second one', 'a third']) {
          assert.equal((await hear(stt, await say(text))).text, text);
        }
        assert.equal(server.requests.length, 1);
      }),
  },
  {
    name: 'uses the connection that was prepared',
    needsServer: true,
    run: rig =>
      using(rig, {}, async ({ stt, say, server }) => {
        stt.prepare(ANYTHING);
        stt.prepare(ANYTHING);
        await until(() => server.openConnections === 1, 'it is there');
        assert.equal((await hear(stt, await say('hello'), { rateHz: 8000 })).text, 'hello');
        assert.equal(server.requests.length, 1);
      }),
  },
  {
    name: 'keeps a connection awake between utterances',
    needsServer: true,
    run: rig =>
      using(rig, { times: { keepAliveMs: 50 } }, async ({ stt, say, server }) => {
        // Some services close no idle connection, and need no sign of life.
        if (server.idleMs <= 10_000) server.idleMs = 600;
        assert.equal((await hear(stt, await say('the first'))).text, 'the first');
        await pause(1_500);
        assert.equal((await hear(stt, await say('the second'))).text, 'the second');
        assert.equal(server.requests.length, 1);
      }),
  },
  {
    name: 'gives an idle connection up after a while',
    needsServer: true,
    run: rig =>
      using(rig, { times: { idleMs: 50 } }, async ({ stt, say, server }) => {
        assert.equal((await hear(stt, await say('the first'))).text, 'the first');
        await until(() => server.openConnections === 0, 'it is closed', rig.patienceMs);
        assert.equal((await hear(stt, await say('the second'))).text, 'the second');
        assert.equal(server.requests.length, 2);
      }),
  },
  {
    name: 'keeps callers apart who speak at once',
    needsServer: true,
    run: rig =>
      using(rig, {}, async ({ stt, say }) => {
        const texts = ['one caller', 'another one', 'and a third of them'];
        const sounds = await Promise.all(texts.map(say));
        const partials = texts.map(() => '');
        const sessions = texts.map((_, at) =>
          stt.open({ rateHz: 16_000, expect: ANYTHING, onPartial: text => (partials[at] = text) }),
        );
        for (let at = 0; at < 20_000; at += 320) {
          for (const [i, session] of sessions.entries()) session.write(sounds[i]!.subarray(at, at + 320));
        }
        await until(() => partials.every(partial => partial !== ''), 'all were heard');
        const heard = await Promise.all(sessions.map(session => session.finish()));
        assert.deepEqual(
          heard.map(({ text }) => text),
          texts,
        );
        for (const [at, partial] of partials.entries()) assert.ok(texts[at]!.startsWith(partial));
      }),
  },
  {
    name: 'gives up when told to, and lets nobody else hear it',
    run: rig =>
      using(rig, {}, async ({ stt, say, server }) => {
        const session = stt.open({ rateHz: 16_000, expect: ANYTHING });
        const early = stt.open({ rateHz: 16_000, expect: ANYTHING });
        early.cancel();
        writeAll(session, await say('what nobody shall hear'));
        const sent = server?.audioBytes;
        if (server !== undefined)
          await until(() => server.audioBytes > 0, `sound came, after ${sent}`, rig.patienceMs);
        session.cancel();
        session.cancel();
        session.write(new Int16Array(320).fill(1));
        for (const given of [session, early])
          await assert.rejects(
            given.finish(),
            (error: unknown) => error instanceof TrunklineError && error.code === 'STT_FAILED',
          );
        const next = await hear(stt, await say('no thank you'));
        assert.equal(next.text, 'no thank you');
      }),
  },
  {
    name: 'gives up while it waits for the final',
    needsServer: true,
    run: rig =>
      using(rig, {}, async ({ stt, say, server }) => {
        server.finalDelayMs = () => 300;
        const session = stt.open({ rateHz: 16_000, expect: ANYTHING });
        writeAll(session, await say('what nobody shall hear'));
        const final = session.finish();
        session.cancel();
        await faultOf(final);
        server.finalDelayMs = () => 0;
        assert.equal((await hear(stt, await say('hello'))).text, 'hello');
      }),
  },
  {
    name: 'hears nothing in nothing',
    run: rig =>
      using(rig, {}, async ({ stt, say, server }) => {
        const session = stt.open({ rateHz: 16_000, expect: ANYTHING });
        session.write(new Int16Array(0));
        const final = session.finish();
        assert.deepEqual(await final, { text: '', confidence: 0, alternatives: [] });
        assert.equal(await session.finish(), await final, 'the same once more');
        assert.equal((await hear(stt, await say('no thank you'))).text, 'no thank you');
        if (server !== undefined)
          assert.equal(server.requests.length, 1, 'and the connection is as good as new');
      }),
  },
  {
    name: 'hears nothing in a noise',
    needsServer: true,
    run: rig =>
      using(rig, { times: { answerMs: 100 } }, async ({ stt, say }) => {
        assert.deepEqual(await hear(stt, await say('')), { text: '', confidence: 0, alternatives: [] });
        assert.equal((await hear(stt, await say('hello'))).text, 'hello');
      }),
  },
  {
    name: 'waits for a slow final, whatever it does about it',
    needsServer: true,
    run: rig =>
      using(rig, { times: { answerMs: 100 } }, async ({ stt, say, server }) => {
        server.finalDelayMs = () => 500;
        assert.equal((await hear(stt, await say('late but right'))).text, 'late but right');
        server.finalDelayMs = () => 0;
        assert.equal((await hear(stt, await say('the next one'))).text, 'the next one');
      }),
  },
  {
    name: 'tells what was said so far, if it can, and goes on',
    needsServer: true,
    run: rig =>
      using(rig, {}, async ({ stt, say, server }) => {
        let partial = '';
        const session = stt.open({ rateHz: 16_000, expect: ANYTHING, onPartial: text => (partial = text) });
        if (session.settle === undefined) return;
        await assert.rejects(session.settle(), 'nothing was said yet');
        writeAll(session, await say('the first part'));
        await until(() => partial === 'the first part', 'it was heard');
        const both = await Promise.all([session.settle(), session.settle()]);
        assert.deepEqual(
          both.map(({ text }) => text),
          ['the first part', 'the first part'],
        );
        writeAll(session, await say('and the rest'));
        await until(() => partial === 'the first part and the rest', 'the whole of it is told');
        assert.equal((await session.settle()).text, 'the first part and the rest');
        // Nothing was said since: nothing is asked for any more.
        server.finalDelayMs = () => 60_000;
        assert.equal((await session.finish()).text, 'the first part and the rest');
        await assert.rejects(session.settle(), 'it is over');
        server.finalDelayMs = () => 0;
        assert.equal((await hear(stt, await say('somebody else'))).text, 'somebody else');
        assert.equal(server.requests.length, 1);
      }),
  },
  {
    name: 'passes hints on, within its limits, and no hints of another',
    needsServer: true,
    run: rig =>
      using(rig, {}, async ({ stt, say, server }) => {
        const hints = [
          'Bösendorfer',
          'Maple Street & Co',
          '',
          'x'.repeat(2_000),
          ...Array(500).fill('a word'),
        ];
        assert.equal((await hear(stt, await say('hello'), { hints })).text, 'hello');
        assert.equal((await hear(stt, await say('hello again'), { hints })).text, 'hello again');
        assert.equal(server.requests.length, 1);
        const asked = decodeURIComponent(server.requests[0]!.url.replaceAll('+', ' '));
        assert.ok(asked.includes('Bösendorfer') && asked.includes('Maple Street & Co'));
        assert.ok(!asked.includes('xxx'));
        assert.ok(asked.length < 3_000);
        assert.equal((await hear(stt, await say('without'))).text, 'without');
        assert.ok(!server.requests[1]!.url.includes('Maple'));
      }),
  },
  {
    name: 'leaves nothing open',
    alone: true,
    needsServer: true,
    async run(rig) {
      const timers = (): number =>
        process.getActiveResourcesInfo().filter(resource => resource === 'Timeout').length;
      const before = timers();
      const { stt, server, say, close } = await rig.start();
      await hear(stt, await say('one that is over'));
      const session = stt.open({ rateHz: 16_000, expect: ANYTHING });
      writeAll(session, await say('one that goes on'));
      const waiting = stt.open({ rateHz: 8000, expect: ANYTHING });
      writeAll(waiting, await say('one that waits for its final'));
      const final = waiting.finish();
      stt.prepare({ ...ANYTHING, hints: ['one ahead'] });
      await stt.close();
      await until(() => server!.openConnections === 0, 'all connections are gone');
      for (const failed of [final, session.finish(), hear(stt, new Int16Array(8_000))])
        assert.equal((await faultOf(failed)).kind, 'unavailable');
      stt.prepare(ANYTHING);
      await pause(20);
      assert.equal(server!.openConnections, 0, 'nor is anything opened any more');
      await close();
      assert.equal(timers(), before, 'timers');
    },
  },
  {
    name: 'keeps its key to itself',
    needsServer: true,
    run: rig =>
      using(rig, {}, async ({ stt, say, server }) => {
        await hear(stt, await say('hello'));
        server.fault = () => ({ type: 'status', status: 401 });
        server.killAll();
        const fault = await faultOf(hear(stt, await say('hello'), { hints: ['another connection'] }));
        for (const text of [`${fault}`, `${fault.cause}`, JSON.stringify(fault), fault.stack ?? ''])
          assert.ok(!text.includes(KEY));
        for (const { url } of server.requests) assert.ok(!url.includes(KEY));
      }),
  },
];

/** What every recogniser that streams must do. */
export const STREAMING_STT_CHECKS: readonly StreamingSttCheck[] = [...WELL, ...STREAMING_STT_FAULT_CHECKS];
