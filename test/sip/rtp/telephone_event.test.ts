import t from 'tap';
import { keyPressPayloads } from '../../../bench/wire/telephone_event.ts';
import { EventReceiver } from '../../../sip/rtp/event_receiver.ts';
import { EventSender } from '../../../sip/rtp/event_sender.ts';
import { createRandom } from './random.ts';

interface EventPacket {
  readonly timestamp: number;
  readonly payload: Uint8Array;
  readonly marker: boolean;
}

/** What an independent sender makes of a press, at 8 kHz and 20 ms. */
function press(key: string, timestamp: number, durationTicks = 1_280): EventPacket[] {
  return keyPressPayloads(key, durationTicks, 160).map(({ payload, marker }) => ({
    timestamp,
    payload,
    marker,
  }));
}

/** Gives packets to a receiver, 20 ms apart, and then lets a second pass. */
function hear(packets: readonly EventPacket[], ticksPerMs = 8): string[] {
  const keys: string[] = [];
  const receiver = new EventReceiver((key, durationMs) => keys.push(`${key} ${durationMs}`));
  let nowMs = 0;
  for (const { timestamp, payload } of packets) {
    receiver.receive(ticksPerMs * 1000, timestamp, payload, 0, payload.length, nowMs);
    nowMs += 20;
    receiver.poll(nowMs);
  }
  for (const untilMs = nowMs + 1_000; nowMs < untilMs; nowMs += 10) receiver.poll(nowMs);
  return keys;
}

/** All that a sender sends for these keys, a packet each 20 ms. */
function send(keys: string, durationMs: number, ticksPerMs = 8): EventPacket[] {
  const sender = new EventSender(ticksPerMs);
  for (const key of keys) t.ok(sender.press(key, durationMs));
  const packets: EventPacket[] = [];
  const buffer = new Uint8Array(16);
  for (let i = 0; i < 3_000; i += 1) {
    const ticks = 20 * ticksPerMs;
    if (!sender.next((4_294_960_000 + i * ticks) >>> 0, ticks, buffer, 12)) continue;
    packets.push({ timestamp: sender.timestamp, payload: buffer.slice(12), marker: sender.isFirst });
  }
  return packets;
}

t.test('every key is heard once, with its length', async t => {
  const all = [...'0123456789*#ABCD'];
  t.same(
    hear(all.flatMap((key, i) => press(key, (4_294_950_000 + i * 4_000) >>> 0))),
    all.map(key => `${key} 160`),
  );
});

t.test('losses, copies and disorder neither hide nor double a key', async t => {
  const packets = [...press('1', 1_000), ...press('1', 5_000), ...press('2', 9_000)];
  const expected = ['1 160', '1 160', '2 160'];
  t.same(hear(packets.flatMap(each => [each, each])), expected, 'each packet twice');
  t.same(hear(packets.filter((_, i) => i % 10 > 2)), expected, 'first packets lost, with the marker');
  t.same(hear(packets.filter((_, i) => i % 10 < 8)), expected, 'two ends lost');
  t.same(hear(packets.filter((_, i) => i % 10 < 7)), ['1 140', '1 140', '2 140'], 'all ends lost');
  t.same(hear(packets.filter((_, i) => i % 10 === 9)), expected, 'one end alone');
  t.same(hear(packets.filter((_, i) => i % 10 === 3)), ['1 80', '1 80', '2 80'], 'one update alone');
  const [first, second, third] = [packets.slice(0, 10), packets.slice(10, 20), packets.slice(20)];
  t.same(hear([...first.toReversed(), ...second.toReversed(), ...third]), expected, 'backwards');
  t.same(hear([...first, ...second, first[9]!, first[2]!, ...third, second[9]!]), expected, 'stragglers');
});

t.test('40 in 100 packets lost by chance: hardly a key is', async t => {
  const random = createRandom(3);
  const packets = Array.from({ length: 500 }, (_, i) => press('0123456789'[i % 10]!, i * 4_000)).flat();
  const keys = hear(packets.filter(() => random() > 0.4)).map(text => text[0]);
  t.ok(keys.length >= 499 && keys.length <= 500, `${keys.length} of 500`);
});

t.test('a press longer than one packet can tell is one press', async t => {
  const packets = send('5', 20_000);
  t.equal(new Set(packets.map(({ timestamp }) => timestamp)).size, 3, 'three segments');
  t.same(hear(packets), ['5 20000']);
  t.same(hear(packets.filter((_, i) => i % 3 !== 0)), ['5 20000'], 'with loss');
  t.same(hear(send('5', 20_000, 16), 16), ['5 20000'], 'at 16 kHz');
});

t.test('a key that is never let go is told after a minute, once', async t => {
  const packets = Array.from({ length: 4_000 }, (_, i) => {
    const segment = Math.floor((i * 160) / 65_535);
    const ticks = Math.min(65_535, i * 160 - segment * 65_535);
    const payload = Uint8Array.of(9, 10, ticks >> 8, ticks & 0xff);
    return { timestamp: segment * 65_535, payload, marker: i === 0 };
  });
  const keys = hear(packets);
  t.equal(keys[0], '9 60000');
  t.equal(keys.length, 2, 'and the rest');
});

t.test('what is no key is passed over', async t => {
  const end = (code: number): EventPacket => ({
    timestamp: code * 1_000,
    payload: Uint8Array.of(code, 0x8a, 1, 0),
    marker: false,
  });
  t.same(hear([end(16), end(66), end(255), { ...end(1), payload: Uint8Array.of(1, 0x8a, 1) }]), []);
});

t.test('garbage makes no noise beyond one key for each event', async t => {
  const random = createRandom(8);
  const packets = Array.from({ length: 20_000 }, () => ({
    timestamp: Math.floor(random() * 2 ** 32),
    payload: Uint8Array.from({ length: Math.floor(random() * 8) }, () => Math.floor(random() * 256)),
    marker: false,
  }));
  const keys = hear(packets);
  t.ok(keys.every(text => /^[0-9*#A-D] \d+(\.\d+)?$/.test(text)));
  t.ok(keys.length < packets.length / 16);
});

t.test('what is sent is what an independent sender sends', async t => {
  const sent = send('7', 160);
  const wanted = press('7', 0);
  t.same(
    sent.map(({ payload }) => [...payload]),
    wanted.map(({ payload }) => [...payload]),
  );
  t.same(
    sent.map(({ marker }) => marker),
    wanted.map(({ marker }) => marker),
  );
});

t.test('keys after each other are told apart, in order', async t => {
  t.same(hear(send('11A#', 100)), ['1 100', '1 100', 'A 100', '# 100']);
  t.same(hear(send('0', 5)), ['0 5'], 'shorter than a packet');
  t.same(hear(send('42', 100, 16), 16), ['4 100', '2 100'], 'at 16 kHz');
});

t.test('what can not be pressed is refused', async t => {
  const sender = new EventSender(8);
  for (const key of ['', 'E', '12', 'a']) t.notOk(sender.press(key, 100), key);
  t.notOk(sender.press('1', 0));
  t.notOk(sender.press('1', Number.NaN));
  t.notOk(sender.press('1', 60_001));
  for (let i = 0; i < 64; i += 1) t.ok(sender.press('1', 100));
  t.notOk(sender.press('1', 100), 'too many wait');
});
