import t from 'tap';
import { isClean, mediaAt, type Party, pair, seeded } from './session_rig.ts';

const SEEDS = 60;

/** What a party may hear of one call: nothing after its end, and one end. */
function isOrderly(party: Party): boolean {
  const ends = party.heard.findIndex(word => word.startsWith('ended'));
  const confirmations = party.heard.filter(word => word.startsWith('confirmed')).length;
  return ends === party.heard.length - 1 && confirmations <= 1;
}

function callInWeather(seed: number): {
  readonly clean: boolean;
  readonly orderly: boolean;
  readonly talked: boolean;
} {
  const { network, alice, bob } = pair(seed);
  const random = seeded(seed + 1_000);
  network.weather = { loss: 0.25, copies: 0.2, jitterMs: 700 };
  const outbound = alice.invite(bob, { lateOffer: random() < 0.3 });
  network.run(random() * 4_000);
  const inbound = bob.calls[0];
  if (inbound !== undefined && inbound.state === 'early') {
    inbound.negotiate(mediaAt('192.0.2.2'));
    if (random() < 0.5) inbound.progress(183, { withMedia: true });
    network.run(random() * 2_000);
    inbound.accept();
  }
  network.run(random() * 3_000);
  for (let change = 0; change < 4; change++) {
    const session = random() < 0.5 ? outbound : inbound;
    if (random() < 0.5) session?.hold();
    else session?.resume();
    session?.info('text/plain', Buffer.from('5'));
    network.run(random() * 4_000);
  }
  const talked = outbound.state === 'confirmed';
  (random() < 0.5 ? outbound : (inbound ?? outbound)).hangUp();
  network.run(random() * 500);
  if (random() < 0.5) outbound.hangUp();
  network.run(3_000_000);
  const clean = isClean(network, alice, bob);
  const orderly = isOrderly(alice) && (bob.calls.length === 0 || (bob.calls.length === 1 && isOrderly(bob)));
  return { clean, orderly, talked };
}

t.test('loss, copies and overtaking: each call comes to one end at both ends and leaves nothing', t => {
  let talks = 0;
  for (let seed = 1; seed <= SEEDS; seed++) {
    const { clean, orderly, talked } = callInWeather(seed);
    if (!clean) t.fail(`seed ${seed} leaves something behind`);
    if (!orderly) t.fail(`seed ${seed} is not orderly`);
    if (talked) talks += 1;
  }
  t.ok(talks > SEEDS / 2, `${talks} of ${SEEDS} calls came about`);
  t.end();
});

t.test('after all storms both ends agree on who may speak', t => {
  for (let seed = 1; seed <= SEEDS; seed++) {
    const { network, alice, bob } = pair(seed);
    bob.answers();
    const outbound = alice.invite(bob);
    network.run(1_000);
    network.weather = { loss: 0.15, copies: 0.2, jitterMs: 300 };
    const random = seeded(seed);
    for (let change = 0; change < 6; change++) {
      const session = random() < 0.5 ? outbound : bob.call;
      if (random() < 0.5) session.hold();
      else session.resume();
      network.run(random() * 2_000);
    }
    network.weather = { loss: 0, copies: 0, jitterMs: 0 };
    network.run(60_000);
    const mirrored: Record<string, string> = { sendonly: 'recvonly', recvonly: 'sendonly' };
    const ours = outbound.stream?.direction ?? '';
    if (outbound.state === 'confirmed' || bob.call.state === 'confirmed') {
      t.equal(bob.call.state, outbound.state, `seed ${seed}`);
      t.equal(bob.call.stream?.direction, mirrored[ours] ?? ours, `seed ${seed}`);
    }
  }
  t.end();
});
