import t from 'tap';
import { formatNameAddr } from '../../../sip/message/name_addr.ts';
import { AS_IN_SCENARIO, SIPP_OR_SKIP, startSipp } from '../judges/sipp.ts';
import { registeringEnd } from './real_end.ts';

const SCENARIO = new URL('sipp_registrar.xml', import.meta.url);

for (const protocol of ['UDP', 'TCP'] as const)
  t.test(
    `SIPp finds nothing wrong over ${protocol}: 423, 401, stale nonce, removal`,
    SIPP_OR_SKIP,
    async t => {
      const { port, verdict } = await startSipp(t, SCENARIO, protocol);
      const { told, registration } = await registeringEnd(
        t,
        `sip:127.0.0.1:${port};transport=${protocol.toLowerCase()}`,
        { expiresS: 60 },
      );
      const startedMs = performance.now();
      registration.start();
      const binding = await told.next();
      if (typeof binding === 'string') throw new Error(binding);
      const grantedMs = binding.untilMs - startedMs;
      t.ok(grantedMs >= 300_000 && grantedMs < 310_000, `our contact, not the stranger's: ${grantedMs} ms`);
      t.same(binding.serviceRoutes.map(formatNameAddr), [`<sip:127.0.0.1:${port};lr>`]);
      await registration.end();
      t.same(await verdict, AS_IN_SCENARIO);
    },
  );
