import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { sealedEventSchema } from '../../src/store/sealing.ts';
import { adoptOrphans } from '../../src/store/spool/adoption.ts';
import { decodeLine } from '../../src/store/spool/lines.ts';
import { listSegments } from '../../src/store/spool/segments.ts';
import { openSpool, type SpoolOptions } from '../../src/store/spool.ts';
import { callStory, storyTeller } from './call_story.ts';
import { scratchFolder, scratchVault } from './postgres.ts';

function spoolOf(t: Test): SpoolOptions {
  const { dir, remove } = scratchFolder();
  t.teardown(remove);
  const isOrphan = (address: string) => address === 'media-0';
  return {
    dir: join(dir, 'spool'),
    address: 'media-0',
    vault: scratchVault(dir),
    isOrphan,
    findRemains: async () => undefined,
  };
}

/** Keys of all events in a folder whose type is one of these, in order. */
function keysIn(dir: string, type: RegExp): string[] {
  return listSegments(dir).flatMap(({ path }) =>
    readFileSync(path)
      .toString('latin1')
      .split('\n')
      .flatMap(line => {
        const event = sealedEventSchema.safeParse(decodeLine(Buffer.from(line, 'latin1'))).data;
        return event !== undefined && type.test(event.type) ? [event.key] : [];
      }),
  );
}

/** A spool with a phone call that is live, left by a kill. */
async function leftWithPhoneCall(options: SpoolOptions): Promise<void> {
  const spool = await openSpool(options);
  const tell = storyTeller('acme', 'phone');
  const [started, answered, ...others] = callStory('acme', 'phone').slice(0, 6);
  if (started?.type !== 'call.started' || answered === undefined) throw new Error('another story');
  tell('call.started', started.detail);
  spool.append({ ...started, detail: { ...started.detail, lineKind: 'trunk' } });
  for (const event of [answered, ...others]) spool.append(event);
  await spool.flush();
}

t.test('a phone call that others may have taken over ends when it is known to be lost', async t => {
  const options = spoolOf(t);
  await leftWithPhoneCall(options);
  const again = await openSpool({ ...options, findRemains: async () => ({ durationMs: 1, bytes: 44 }) });
  t.same(again.orphans, ['phone']);
  await again.flush();
  const ends = () => keysIn(options.dir, /ended/);
  t.same(ends(), []);
  await again.settleOrphan('unknown', true);
  await again.settleOrphan('phone', true);
  await again.settleOrphan('phone', true);
  await again.flush();
  t.same(ends(), ['phone:recordingLost', 'phone:mediaLost']);
  await again.close();
  const third = await openSpool(options);
  t.same(third.orphans, [], 'once and for all');
  await third.close();
});

t.test('one that lives on elsewhere is left to others, whatever becomes of this process', async t => {
  const options = spoolOf(t);
  await leftWithPhoneCall(options);
  // Killed before it heard of it; what the first run left was shipped meanwhile.
  const second = await openSpool(options);
  for (const segment of second.segments().slice(0, -1)) await second.remove(segment);
  const third = await openSpool(options);
  t.same(third.orphans, ['phone'], 'it still waits');
  await third.settleOrphan('phone', false);
  for (const event of callStory('acme', 'other')) third.append(event);
  await third.flush();
  await third.close();
  t.notOk(
    keysIn(options.dir, /./).some(key => key.startsWith('phone:')),
    'nothing is told of it',
  );
  const fourth = await openSpool(options);
  t.same(fourth.orphans, [], 'nor asked any more');
  await fourth.close();
});

t.test('a process that has taken a call over has it like one of its own', async t => {
  const options = spoolOf(t);
  await leftWithPhoneCall(options);
  const spool = await openSpool(options);
  const at = '2026-01-05T12:01:00.000Z';
  const detail = { mediaMs: 50_000, recording: 'acme/phone.wav' };
  spool.append({ key: 'phone:1:1', tenantId: 'acme', callId: 'phone', at, type: 'call.resumed', detail });
  await spool.settleOrphan('phone', false);
  await spool.flush();
  const { calls } = await adoptOrphans(options.dir, () => true);
  t.same(calls, [
    {
      tenantId: 'acme',
      callId: 'phone',
      mayLiveOn: true,
      answeredAt: '2026-01-05T12:00:10.000Z',
      lastAt: at,
      recording: 'acme/phone.wav',
    },
  ]);
  await spool.close();
});
