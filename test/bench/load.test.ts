import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import t from 'tap';
import { SeededRandom } from '../../bench/caller/random.ts';
import { encodeAudio } from '../../bench/load/encoded_audio.ts';
import { Load, type LoadOptions } from '../../bench/load/load.ts';
import { reportOn } from '../../bench/load/load_report.ts';
import type { Step } from '../../bench/load/script.ts';
import { babble, tone } from '../../bench/load/sounds.ts';
import { CODECS } from '../../bench/wire/codec.ts';
import { UNIMPAIRED } from '../../bench/wire/impaired_path.ts';
import { formatRtp, parseRtp } from '../../bench/wire/rtp_packet.ts';
import { headerOf } from '../../bench/wire/sip_message.ts';
import { EchoSwitch, type SwitchManners } from './echo_switch.ts';

const PCMU = CODECS.PCMU;
const T1_MS = 20;
const SAID = encodeAudio(babble(400, 8000, -18, new SeededRandom(1, 'said')), PCMU);

async function withLoad(
  manners: SwitchManners,
  options: Partial<LoadOptions>,
  use: (load: Load, far: EchoSwitch) => Promise<void>,
): Promise<void> {
  const far = await EchoSwitch.start(manners);
  const load = await Load.open({ target: far.target, codec: PCMU, seed: 7, t1Ms: T1_MS, ...options });
  try {
    await use(load, far);
  } finally {
    load.close();
    far.close();
  }
}

const once =
  (...steps: Step[]) =>
  () => ({ steps, goesRound: false });

t.test('calls are set up, carried and ended, and everything said comes back', async t => {
  const script = once(
    { do: 'wait', ms: 200 },
    { do: 'mark' },
    { do: 'wait', ms: 100 },
    { do: 'say', audio: SAID },
    { do: 'wait', ms: 400 },
  );
  const options = { script, holdMs: 1200, keepsTrack: (index: number) => index < 2 };
  await withLoad({}, options, async (load, far) => {
    const watch = load.watch();
    await load.place({ calls: 20, callsPerSecond: 200, burst: 5 });
    t.equal(load.up, 20);
    await load.ended();
    t.equal(far.calls, 0);
    t.type(watch.stop().lateP99Ms, 'number');
    const report = reportOn(load.records);
    t.match(report, {
      calls: 20,
      outcomes: { answered: 20 },
      statuses: {},
      setupMs: { count: 20 },
      provisionalMs: { count: 20 },
      firstSoundMs: { count: 20 },
      endedByTarget: 0,
      received: { lost: 0, duplicates: 0, reordered: 0, ignored: 0, strangers: 0, restarts: 0 },
      markers: { sent: 2 },
      unheardSteps: 0,
    });
    t.ok(report.packetsSent >= 20 * 30 && report.received.packets <= report.packetsSent);
    for (const { sounds, reception } of load.records) t.ok(sounds.length > 0 && reception!.packets > 0);
    t.equal(new Set(far.requests.map(request => headerOf(request, 'call-id'))).size, 20);
    t.same(
      ['INVITE', 'ACK', 'BYE'].map(method => far.count(method)),
      [20, 20, 20],
    );
  });
});

t.test('hold, resume and requests within the call', async t => {
  const script = once(
    { do: 'wait', ms: 100 },
    { do: 'hold' },
    { do: 'wait', ms: 300 },
    { do: 'resume' },
    { do: 'wait', ms: 100 },
    { do: 'ask', method: 'INFO', contentType: 'application/dtmf-relay', body: 'Signal=5\r\n' },
    { do: 'ask', method: 'OPTIONS', contentType: '', body: '' },
    { do: 'press', keys: '5' },
  );
  await withLoad({}, { script, holdMs: 1100 }, async (load, far) => {
    await load.place({ calls: 3, callsPerSecond: 100 });
    await load.ended();
    const report = reportOn(load.records);
    t.match(report, { outcomes: { answered: 3 }, refusedRequests: 0, refusedKeys: 0 });
    t.same(
      ['INVITE', 'ACK', 'INFO', 'OPTIONS'].map(method => far.count(method)),
      [9, 9, 3, 3],
    );
    for (const { replies, reception } of load.records) {
      t.same(
        replies.map(({ method }) => method),
        ['INVITE', 'INVITE', 'INFO', 'OPTIONS'],
      );
      t.ok(reception!.packets < 50, 'it was held for a while');
    }
  });
});

t.test('refusals, ringing without end, and a far end that is not there', async t => {
  const busy = (): number => 486;
  await withLoad({ refuse: busy }, {}, async (load, far) => {
    await load.place({ calls: 4, callsPerSecond: 100 });
    t.match(reportOn(load.records), { outcomes: { refused: 4 }, statuses: { 486: 4 }, setupMs: undefined });
    await far.until(() => far.count('ACK') === 4);
  });
  await withLoad({ rings: true }, { cancelAfterMs: 100 }, async (load, far) => {
    await load.place({ calls: 3, callsPerSecond: 100 });
    t.match(reportOn(load.records), { outcomes: { noAnswer: 3 } });
    await far.until(() => far.count('ACK') === 3);
    t.equal(far.count('CANCEL'), 3);
  });
  const gone = await EchoSwitch.start();
  const { target } = gone;
  gone.close();
  const load = await Load.open({ target, codec: PCMU, seed: 1, t1Ms: 5 });
  await load.place({ calls: 2, callsPerSecond: 100 });
  t.match(reportOn(load.records), { outcomes: { noAnswer: 2 } });
  load.close();
  await t.rejects(Load.open({ target: 'tel:5', codec: PCMU, seed: 1 }), /SIP URI/);
});

t.test('a challenge is answered once, and only with the password', async t => {
  const challenge = 'Digest realm="switch", nonce="n1", qop="auth", algorithm=SHA-256';
  await withLoad(
    { challenge },
    { credentials: { user: 'u', password: 'p' }, holdMs: 20 },
    async (load, far) => {
      await load.place({ calls: 2, callsPerSecond: 100 });
      await load.ended();
      t.match(reportOn(load.records), { outcomes: { answered: 2 } });
      t.equal(far.count('INVITE'), 4);
    },
  );
  await withLoad({ challenge }, {}, async load => {
    await load.place({ calls: 1, callsPerSecond: 100 });
    t.match(reportOn(load.records), { outcomes: { refused: 1 }, statuses: { 401: 1 } });
  });
});

t.test('what gets lost of the signalling is sent again', async t => {
  await withLoad({ deafToFirst: true }, { holdMs: 50 }, async (load, far) => {
    await load.place({ calls: 3, callsPerSecond: 100 });
    await load.ended();
    t.match(reportOn(load.records), { outcomes: { answered: 3 } });
    const copies = (method: string): number => far.requests.filter(each => each.method === method).length;
    t.ok(copies('INVITE') >= 6 && copies('BYE') >= 6);
  });
});

t.test('the far end hangs up, asks, and answers in a codec that was not offered', async t => {
  await withLoad({}, {}, async (load, far) => {
    await load.place({ calls: 3, callsPerSecond: 100 });
    far.askAll('OPTIONS');
    far.askAll('INVITE');
    far.askAll('NOTIFY');
    far.askAll('BYE');
    await load.ended();
    t.match(reportOn(load.records), { endedByTarget: 3 });
    await far.until(() => far.responses.length >= 12);
    const answers = Object.groupBy(far.responses, response => headerOf(response, 'cseq')!.split(' ')[1]!);
    for (const method of ['OPTIONS', 'INVITE', 'NOTIFY', 'BYE'])
      t.same(
        answers[method]!.map(({ status }) => status),
        [200, 200, 200],
        method,
      );
    t.ok(
      answers.INVITE!.every(({ body }) => body.includes('m=audio')),
      'asked for an offer, it makes one',
    );
  });
  await withLoad({ types: '8 101' }, {}, async (load, far) => {
    await load.place({ calls: 2, callsPerSecond: 100 });
    t.match(reportOn(load.records), { outcomes: { noMedia: 2 } });
    t.same([far.count('ACK'), far.count('BYE')], [2, 2]);
  });
});

t.test('an impaired way shows in what is measured', async t => {
  const sending = { ...UNIMPAIRED, lossPercent: 10, reorderPercent: 5 };
  await withLoad({}, { sending, holdMs: 2000 }, async load => {
    await load.place({ calls: 10, callsPerSecond: 100 });
    await load.ended();
    const { packetsSent, packetsDropped, received } = reportOn(load.records);
    t.ok(packetsDropped > packetsSent * 0.06 && packetsDropped < packetsSent * 0.14);
    t.ok(received.reordered > 0);
    const unheard = packetsSent - packetsDropped - received.packets;
    t.ok(unheard >= 0 && unheard <= 100, 'the rest comes back');
    t.ok(received.lost >= packetsDropped * 0.8 && received.lost <= packetsDropped);
  });
});

t.test('interruptions: when a far end that talks falls silent', async t => {
  // It talks by itself, by loud packets, until it has heard the caller for 200 ms.
  let loudPackets = 0;
  const words = encodeAudio(tone(20, 8000, 500, -15), PCMU).payloads[0]!;
  const echo = (packet: Buffer): Buffer => {
    const parsed = parseRtp(packet)!;
    if (parsed.payload.some(byte => byte !== 0xff)) loudPackets += 1;
    const payload = loudPackets < 10 ? words : new Uint8Array(160).fill(0xff);
    return Buffer.from(formatRtp({ ...parsed, payload }));
  };
  const script = once({ do: 'interrupt', audio: SAID, afterMs: 300, withinMs: 2000 });
  await withLoad({ echo }, { script, holdMs: 1500 }, async load => {
    await load.place({ calls: 1, callsPerSecond: 100 });
    await load.ended();
    const [interruption, ...others] = load.records[0]!.interruptions;
    t.same(others, []);
    t.ok(interruption!.startMs >= 300);
    t.ok(interruption!.stopMs! > 100 && interruption!.stopMs! < 800, `${interruption!.stopMs} ms`);
  });
});

t.test('one-way audio: a far end that is mute, or deaf', async t => {
  await withLoad({ echo: () => undefined }, { holdMs: 2100 }, async load => {
    await load.place({ calls: 2, callsPerSecond: 100 });
    await load.ended();
    t.match(reportOn(load.records), { oneWay: { nothingCame: 2 }, firstPacketMs: undefined });
  });
  const silent = Buffer.alloc(160, 0xff);
  const echo = (packet: Buffer): Buffer => Buffer.from(formatRtp({ ...parseRtp(packet)!, payload: silent }));
  const options = { script: once({ do: 'mark' }), keepsTrack: () => true, holdMs: 2100 };
  await withLoad({ echo }, options, async load => {
    await load.place({ calls: 2, callsPerSecond: 100 });
    await load.ended();
    t.match(reportOn(load.records), { oneWay: { unheard: 2 }, markers: { sent: 2, returned: 0 } });
  });
});

t.test('more calls than were foreseen wait for ports, and none is forgotten', async t => {
  await withLoad({}, { holdMs: 10 }, async (load, far) => {
    await load.place({ calls: 60, callsPerSecond: 2000, burst: 30 });
    await load.ended();
    t.equal(reportOn(load.records).outcomes.answered, 60);
    t.equal(far.count('BYE'), 60);
  });
});

t.test('as a command: JSON in the last line; wrong options in one sentence', async t => {
  const script = fileURLToPath(new URL('../../bench/load.ts', import.meta.url));
  const run = (...args: string[]) => promisify(execFile)(process.execPath, [script, ...args]);
  const far = await EchoSwitch.start();
  t.teardown(() => far.close());
  const { stdout } = await run('--target', far.target, '--calls', '3', '--hold', '0.5', '--records').catch(
    // The machine may be too busy for it to be on time.
    (error: { stdout: string }) => error,
  );
  const result = JSON.parse(stdout.trimEnd().split('\n').at(-1)!);
  t.match(result, { calls: 3, outcomes: { answered: 3 }, generator: { skippedSlots: 0 } });
  t.match(result.records, [{ outcome: 'answered', endedBy: 'local' }, {}, {}]);
  for (const wrong of [
    [],
    ['--target', far.target, '--manner', 'rude'],
    ['--target', far.target, '--cps', '0'],
  ])
    await t.rejects(run(...wrong), { code: 2, stderr: /^--(target|manner|cps): [^\n]+\n$/ });
});
