import t from 'tap';
import { KAMAILIO_OR_SKIP, startKamailio } from '../../sip/judges/kamailio.ts';
import {
  ack,
  answered,
  ask,
  described,
  expect,
  hangUp,
  invite,
  isHungUp,
  maybe,
  pause,
  refused,
  type Step,
  sameBranch,
  scenario,
} from '../../sip/judges/scenario.ts';
import { PhoneRig } from './phone_rig.ts';
import { callBySipp, SIPP_OR_SKIP } from './sipp.ts';

const skip = KAMAILIO_OR_SKIP.skip || SIPP_OR_SKIP.skip;

/** Stays on the way of every call; `way` says where one goes. */
function proxy(way: string): string {
  return `
loadmodule "tm.so"
loadmodule "sl.so"
loadmodule "pv.so"
loadmodule "rr.so"
loadmodule "textops.so"
loadmodule "siputils.so"
loadmodule "usrloc.so"
loadmodule "registrar.so"

request_route {
  if (is_method("OPTIONS") && $rU == $null) {
    sl_send_reply("200", "OK");
    exit;
  }
  if (is_method("CANCEL")) {
    if (t_check_trans()) t_relay();
    exit;
  }
  if (has_totag()) {
    if (loose_route() || (is_method("ACK") && t_check_trans())) t_relay();
    else sl_send_reply("404", "Not Found");
    exit;
  }
  if (is_method("REGISTER")) {
    save("location");
    exit;
  }
  record_route();
  ${way}
  t_relay();
}
`;
}

const ROUTED = { 'Record-Route:': 'lr' };
const HOLD: Step = [
  ask('INVITE', { cseq: 2, body: described({ direction: 'sendonly', version: 2 }) }),
  maybe(100),
  expect(200, { says: { body: 'recvonly' } }),
  ack({ cseq: 2 }),
].join('\n');
const RINGS: Step = [invite(), maybe(100), expect(200, { says: ROUTED }), ack()].join('\n');

for (const protocol of ['UDP', 'TCP'] as const)
  for (const onward of ['udp', 'tcp'])
    t.test(`by way of Kamailio, ${protocol} in and ${onward} on`, { skip }, async t => {
      const phone = await PhoneRig.open(t);
      const way = `$du = "sip:127.0.0.1:${phone.port};transport=${onward}";`;
      const port = await startKamailio(t, proxy(way));
      t.equal(await callBySipp(t, scenario(RINGS, HOLD, hangUp(3)), { port, protocol }), '');
      t.match(await phone.told('lineChanged'), { stream: { held: true } });
      t.match(await phone.told('lineGone'), { reason: 'remoteHangup' });

      const again = callBySipp(t, scenario(RINGS, isHungUp()), { port, protocol });
      await phone.told('lineAnswered');
      phone.hangUp();
      t.equal(await again, '', 'our BYE goes by the route that was recorded');
      t.equal(phone.live, 0);
    });

t.test('a call that is cancelled, and one that is refused, by way of Kamailio', { skip }, async t => {
  const phone = await PhoneRig.open(t, { isQuick: false });
  const port = await startKamailio(t, proxy(`$du = "sip:127.0.0.1:${phone.port}";`));
  const cancelled = scenario(
    invite(),
    expect(100),
    // Until the phone has it as well.
    pause(100),
    sameBranch('CANCEL'),
    expect(200, { says: { 'CSeq:': 'CANCEL' } }),
    expect(487),
    sameBranch('ACK'),
  );
  t.equal(await callBySipp(t, cancelled, { port }), '');
  t.match(await phone.told('lineGone'), { reason: 'remoteHangup' });
  t.equal(await callBySipp(t, scenario(invite(), refused(404)), { port, number: '+15559999' }), '');
});

function registered(port: number, transport: string): string {
  return `
trunks:
  - name: provider
    allowedAddresses: [127.0.0.1]
    numbers: ["+15550100"]
    optionsEveryS: 0
    register: {registrar: "sip:127.0.0.1:${port};transport=${transport}", addressOfRecord: "sip:+15550100@127.0.0.1"}
`;
}

for (const transport of ['udp', 'tcp'])
  t.test(`a number that is registered at Kamailio over ${transport} is called`, { skip }, async t => {
    const port = await startKamailio(
      t,
      proxy('if (!lookup("location")) { sl_send_reply("480", "Not Registered"); exit; }'),
    );
    const phone = await PhoneRig.open(t, { trunks: registered(port, transport) });
    const call = scenario(answered(), hangUp());
    // Registering takes a moment; until then the number is away.
    let heard = await callBySipp(t, call, { port });
    for (let tries = 0; heard.includes('480') && tries < 20; tries += 1)
      heard = await callBySipp(t, call, { port });
    t.equal(heard, '');
    t.match(phone.calls, [{ line: { trunk: 'provider', to: '+15550100' } }]);
  });
