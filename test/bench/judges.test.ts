import { existsSync, mkdirSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import t, { type Test } from 'tap';
import { judgeByBaresip } from '../../bench/judges/baresip.ts';
import type { JudgeTask } from '../../bench/judges/judge.ts';
import { judgeByLinphone } from '../../bench/judges/linphone.ts';
import { judgeBySipp } from '../../bench/judges/sipp.ts';
import { CODECS } from '../../bench/wire/codec.ts';
import { RtpSession } from '../../bench/wire/rtp_session.ts';
import { readSdp } from '../../bench/wire/sdp.ts';
import { Phone } from './phone.ts';

const RATE_HZ = 8000;
const HOLD_MS = 4000;
const ANSWER_MS = 1200;

// Each has sockets of its own, and mostly waits.
t.jobs = 3;
t.setTimeout(60_000);

/** Judges are packages of Debian's, which a machine may lack: nothing else depends on them. */
function skipWithout(program: string): { skip: string | false } {
  const found = (process.env.PATH ?? '').split(delimiter).some(folder => existsSync(join(folder, program)));
  return { skip: found ? false : `${program} is not installed` };
}

/** A phone that beeps at the given times after it was answered, for a moment each. */
async function beepingPhone(beepsMs: readonly number[], codec = CODECS.PCMU): Promise<Phone> {
  let session: RtpSession | undefined;
  return Phone.start((phone, request) => {
    if (request.method === 'INVITE') {
      session ??= new RtpSession(phone.media, readSdp(request.body, [codec]), {
        source: beeps(beepsMs, codec.rateHz),
        sent: () => {},
        received: () => {},
      });
    }
    if (request.method === 'ACK') session?.start();
    else phone.respond(request, 200, 'OK', request.method === 'INVITE' ? phone.sdp(codec) : '');
    if (request.method === 'BYE') session?.close();
  });
}

function beeps(timesMs: readonly number[], rateHz: number): (frame: Int16Array) => void {
  let position = 0;
  return frame => {
    for (let i = 0; i < frame.length; i += 1, position += 1) {
      const ms = (position * 1000) / rateHz;
      const on = timesMs.some(beepMs => ms >= beepMs && ms < beepMs + 300);
      frame[i] = on ? 8000 * Math.sin(position) : 0;
    }
  };
}

/** In a deep folder, as checkouts on build machines are: programs of fixed-size buffers must not mind. */
function taskFor(t: Test, phone: Phone, codec: JudgeTask['codec'] = 'PCMU'): JudgeTask {
  const folder = join(t.testdir(), 'a-folder-as-deep-as-those-of-a-build-machine/'.repeat(3));
  mkdirSync(folder, { recursive: true });
  const audio = new Int16Array((HOLD_MS * RATE_HZ) / 1000);
  for (let i = (ANSWER_MS * RATE_HZ) / 1000; i < audio.length / 2; i += 1) audio[i] = 9000 * Math.sin(i / 2);
  const { port } = phone.sip.address();
  return {
    user: 'agent',
    remote: { host: '127.0.0.1', port },
    localHost: '127.0.0.1',
    codec,
    audio,
    holdMs: HOLD_MS,
    folder,
  };
}

t.test('SIPp completes a call and plays its audio', skipWithout('sipp'), async t => {
  const phone = await beepingPhone([100]);
  t.teardown(() => phone.close());
  const verdict = await judgeBySipp(taskFor(t, phone));
  t.match(verdict, { judge: 'sipp', completed: true });
  t.ok(
    phone.rtp.some(packet => packet.subarray(12).some(byte => (byte & 0x7f) < 0x30)),
    'loud audio came',
  );
});

t.test('SIPp tells why a call failed', skipWithout('sipp'), async t => {
  const phone = await Phone.start((self, request) => {
    if (request.method === 'INVITE') self.respond(request, 503, 'Service Unavailable');
  });
  t.teardown(() => phone.close());
  t.match(await judgeBySipp(taskFor(t, phone)), { completed: false, detail: /503|ended/ });
});

for (const [program, judge] of [
  ['baresip', judgeByBaresip],
  ['linphonec', judgeByLinphone],
] as const)
  for (const codec of ['PCMU', 'G722'] as const)
    t.test(`${program} hears the greeting and the reply in ${codec}`, skipWithout(program), async t => {
      const phone = await beepingPhone([100, 2000], CODECS[codec]);
      t.teardown(() => phone.close());
      const verdict = await judge(taskFor(t, phone, codec));
      t.match(verdict, { completed: true, codec }, JSON.stringify(verdict));
      t.same(phone.methods(), ['INVITE', 'ACK', 'BYE'], 'and hangs up itself');
      const [, formats = ''] = /^m=audio \d+ \S+ (.*)$/m.exec(phone.requests[0]!.body) ?? [];
      const fixed = formats
        .split(' ')
        .map(Number)
        .filter(format => format < 96);
      t.same(fixed, [CODECS[codec].payloadType], 'it offered nothing else');
    });

t.test('linphone tells why there was no call, or no whole one', skipWithout('linphonec'), async t => {
  const busy = await Phone.start((self, request) => {
    if (request.method === 'INVITE') self.respond(request, 486, 'Busy Here');
  });
  t.teardown(() => busy.close());
  t.match(await judgeByLinphone(taskFor(t, busy)), { completed: false, detail: /^no call: .*error/ });
  const curt = await Phone.start((self, request) => {
    if (request.method === 'ACK') self.ask('BYE');
    else self.respond(request, 200, 'OK', self.sdp());
  });
  t.teardown(() => curt.close());
  t.match(await judgeByLinphone(taskFor(t, curt)), {
    completed: false,
    detail: /did not hear a greeting nor a reply .*; the far end hung up/,
  });
});

t.test('baresip notices that nobody replies', skipWithout('baresip'), async t => {
  const phone = await beepingPhone([100]);
  t.teardown(() => phone.close());
  const verdict = await judgeByBaresip(taskFor(t, phone));
  t.match(verdict, {
    completed: false,
    detail: /^did not hear a reply to the answer; last said: .*terminated by signal/,
  });
});

t.test('baresip tells why there was no call, or no whole one', skipWithout('baresip'), async t => {
  const busy = await Phone.start((self, request) => {
    if (request.method === 'INVITE') self.respond(request, 486, 'Busy Here');
  });
  t.teardown(() => busy.close());
  t.match(await judgeByBaresip(taskFor(t, busy)), {
    completed: false,
    detail: /^no call: .*486 Busy Here/,
  });
  const curt = await Phone.start((self, request) => {
    if (request.method === 'ACK') self.ask('BYE');
    else self.respond(request, 200, 'OK', self.sdp());
  });
  t.teardown(() => curt.close());
  t.match(await judgeByBaresip(taskFor(t, curt)), {
    completed: false,
    detail: /did not hear a greeting nor a reply .*; the far end hung up/,
  });
});
