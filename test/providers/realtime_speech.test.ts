import t from 'tap';
import { BROKEN } from './realtime_speech_broken.ts';
import { CALL_CHECKS } from './realtime_speech_calls.ts';
import { SPEECH_CHECKS } from './realtime_speech_conformance.ts';
import { REAL_CHECKS, realKey, realRig } from './realtime_speech_real.ts';
import { SHORT, setWait, speechRig } from './realtime_speech_rig.ts';

const CHECKS = [...SPEECH_CHECKS, ...CALL_CHECKS];

for (const { name, limits, run } of CHECKS) {
  t.test(name, async t => {
    const rig = await speechRig(undefined, { ...(limits !== undefined && { limits }) });
    t.teardown(() => rig.close());
    await run(rig);
  });
}

t.test('one that is broken on purpose does not pass', async t => {
  t.teardown(() => setWait(undefined));
  for (const [what, create, name] of BROKEN) {
    const rig = await speechRig(create, { limits: SHORT });
    setWait(1_500);
    const check = CHECKS.find(one => one.name === name);
    if (check === undefined) t.fail(`no check ${name}`);
    else await t.rejects(check.run(rig), { message: /./u }, what);
    setWait(undefined);
    await rig.close();
  }
});

for (const { name, run } of REAL_CHECKS) {
  t.test(
    `the real service: ${name}`,
    { skip: realKey === undefined && 'OPENAI_API_KEY is not set' },
    async t => {
      const rig = realRig(realKey ?? '');
      t.teardown(() => rig.engine.close());
      await run(rig);
    },
  );
}
