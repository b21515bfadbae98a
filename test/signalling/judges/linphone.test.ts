import t from 'tap';
import { judgeByLinphone } from '../../../bench/judges/linphone.ts';
import { findProgram } from '../../../src/supervisor/find_program.ts';
import { PhoneRig } from './phone_rig.ts';

const skip = findProgram('linphonec') === undefined ? 'linphone is not installed (linphone-cli)' : false;
const HOLD_MS = 500;
const RATE_HZ = 8000;

/** Which none of the other judges speaks. */
const GUARDED = `
trunks:
  - name: guarded
    allowedAddresses: [127.0.0.1]
    numbers: ["*"]
    inboundDigest: {user: carrier, realm: judges, passwordEnv: JUDGED_PASSWORD, algorithms: [SHA-256]}
`;

t.test('linphone proves who it is by SHA-256', { skip }, async t => {
  process.env.JUDGED_PASSWORD = 'secret';
  const phone = await PhoneRig.open(t, { trunks: GUARDED });
  await judgeByLinphone({
    user: '+15550100',
    remote: { host: '127.0.0.1', port: phone.port },
    localHost: '127.0.0.1',
    codec: 'PCMU',
    audio: new Int16Array((HOLD_MS * RATE_HZ) / 1000),
    holdMs: HOLD_MS,
    folder: t.testdir(),
    credentials: { user: 'carrier', password: 'secret', realm: 'judges', algorithm: 'SHA-256' },
  });
  t.match(phone.calls, [{ line: { trunk: 'guarded' } }]);
  t.match(await phone.told('lineAnswered'), { stream: { codec: 'PCMU' } });
  t.match(await phone.told('lineGone'), { reason: 'remoteHangup' });
});
