import { setTimeout as sleep } from 'node:timers/promises';
import { Redis } from 'ioredis';
import { SipClient } from 'livekit-server-sdk';
import t, { type Test } from 'tap';
import { freePort } from '../../bench/sip/free_ports.ts';
import { nodePaths } from '../../src/config/paths.ts';
import { type Config, configSchema } from '../../src/config/schema.ts';
import { createLogger } from '../../src/observe/log.ts';
import { ChildStarter } from '../../src/supervisor/child.ts';
import { ChildrenFile } from '../../src/supervisor/children_file.ts';
import { LogFiles } from '../../src/supervisor/log_files.ts';
import { provisionSip, sipGroups } from '../../src/supervisor/provision.ts';
import { ProvisionWatch } from '../../src/supervisor/provision_watch.ts';
import { startLiveKitServer } from '../../src/supervisor/services/livekit.ts';
import { ownRedisUrl, startRedis } from '../../src/supervisor/services/redis.ts';
import { findLiveKitServer } from '../edge/livekit_server.ts';

const never = new AbortController().signal;
const password = 'p'.repeat(32);
const found = findLiveKitServer();

/** A real Redis and livekit-server as the supervisor starts them, on free ports. */
async function liveKit(
  t: Test,
  program: string,
): Promise<{ config: Config; client: SipClient; redis: Redis }> {
  const parsed = configSchema.parse({
    redis: { port: await freePort() },
    livekit: { port: await freePort(), rtcTcpPort: await freePort(), apiSecret: 's'.repeat(32) },
    sip: { numbers: ['+15550100', '+15550101'] },
  });
  const redisUrl = ownRedisUrl(parsed, password);
  const url = `ws://127.0.0.1:${parsed.livekit.port}`;
  const config: Config = {
    ...parsed,
    redis: { ...parsed.redis, url: redisUrl },
    livekit: { ...parsed.livekit, url },
  };
  const paths = nodePaths(t.testdir(), config);
  const logs = new LogFiles(paths.logs);
  const starter = new ChildStarter(logs, new ChildrenFile(paths.run));
  const own = await startRedis({ config, paths, password }, starter, never);
  const server = await startLiveKitServer({ program, config, paths }, starter, never);
  const redis = new Redis(redisUrl);
  t.teardown(async () => {
    redis.disconnect();
    await server.stop();
    await own.stop();
    logs.close();
  });
  const client = new SipClient(
    `http://127.0.0.1:${config.livekit.port}`,
    config.livekit.apiKey,
    's'.repeat(32),
  );
  return { config, client, redis };
}

function withSip(config: Config, sip: Partial<Config['sip']>, byNumber: Record<string, string> = {}): Config {
  return { ...config, sip: { ...config.sip, ...sip }, workflows: { ...config.workflows, byNumber } };
}

t.test('numbers are grouped by the workflow that answers them', async t => {
  const parse = (numbers: string[], byNumber: Record<string, string>) =>
    sipGroups(configSchema.parse({ sip: { numbers }, workflows: { byNumber } })).map(group => [
      group.workflow ?? 'default',
      group.numbers,
    ]);
  t.same(parse(['+15550100', '+15550101'], {}), [['default', ['+15550100', '+15550101']]]);
  t.same(parse(['+15550100', '+15550101'], { '+15550101': 'claims' }), [
    ['default', ['+15550100']],
    ['claims', ['+15550101']],
  ]);
  t.same(parse(['+15550100'], { '+15550100': 'claims' }), [['claims', ['+15550100']]]);
  t.same(
    parse(['+15550100'], { '+15550199': 'claims' }),
    [['default', ['+15550100']]],
    'not a number of ours',
  );
  t.same(
    parse([], { '+15550100': 'claims' }),
    [
      ['default', []],
      ['claims', ['+15550100']],
    ],
    'every number',
  );
});

t.test('against a real LiveKit', { skip: found === undefined && 'no livekit-server' }, async t => {
  const { config, client, redis } = await liveKit(t, found ?? '');
  const agents = async () =>
    (await client.listSipDispatchRule()).map(rule => [
      rule.name,
      rule.roomConfig?.agents[0]?.agentName,
      rule.roomConfig?.agents[0]?.metadata,
    ]);

  t.same(await provisionSip(config), ['trunk trunkline', 'dispatch rule trunkline']);
  t.same(await agents(), [['trunkline', 'trunkline', '']]);
  const [first] = await client.listSipInboundTrunk();
  t.same(first?.numbers, ['+15550100', '+15550101']);

  t.same(await provisionSip(config), [], 'what is right is kept');
  t.equal((await client.listSipInboundTrunk())[0]?.sipTrunkId, first?.sipTrunkId);

  const foreignTrunk = await client.createSipInboundTrunk('of others', ['+15550177']);
  const foreignRule = await client.createSipDispatchRule(
    { type: 'individual', roomPrefix: 'theirs' },
    { name: 'of others', trunkIds: [foreignTrunk.sipTrunkId], metadata: '{"managedBy":"others"}' },
  );
  const changed = withSip(config, { allowedAddresses: ['192.0.2.0/24'] }, { '+15550101': 'claims' });
  t.same((await provisionSip(changed)).length, 4, 'what differs is replaced');
  const trunks = await client.listSipInboundTrunk();
  t.same(trunks.map(trunk => [trunk.name, trunk.numbers]).toSorted(), [
    ['of others', ['+15550177']],
    ['trunkline', ['+15550100']],
    ['trunkline-claims', ['+15550101']],
  ]);
  t.ok((await agents()).some(([, , metadata]) => metadata === '{"workflow":"claims"}'));
  t.ok(
    (await client.listSipDispatchRule()).some(
      rule => rule.sipDispatchRuleId === foreignRule.sipDispatchRuleId,
    ),
  );

  const rule = (await client.listSipDispatchRule()).find(each => each.name === 'trunkline');
  t.match(
    rule?.rule?.rule,
    { case: 'dispatchRuleCallee', value: { roomPrefix: 'call', randomize: true } },
    'a room for each call, not named after the caller',
  );
  await client.deleteSipDispatchRule(rule?.sipDispatchRuleId ?? '');
  t.same(await provisionSip(changed), ['dispatch rule trunkline'], 'a rule alone is made again');

  const restored = Promise.withResolvers<readonly string[]>();
  const watch = new ProvisionWatch(changed, createLogger('test', 'silent'), restored.resolve, 20);
  watch.start();
  await redis.flushall();
  t.equal((await restored.promise).length, 4, 'all is made again after Redis lost it');
  await watch.stop();
  t.equal((await client.listSipInboundTrunk()).length, 2);
  await redis.flushall();
  await sleep(60);
  t.equal((await client.listSipInboundTrunk()).length, 0, 'a watch that was stopped makes nothing');

  const wrong = { ...config, livekit: { ...config.livekit, apiSecret: 'w'.repeat(32) } };
  await t.rejects(provisionSip(wrong), { code: 'KEY_INVALID' });
  const away = { ...config, livekit: { ...config.livekit, url: `ws://127.0.0.1:${await freePort()}` } };
  await t.rejects(provisionSip(away), { code: 'STEP_FAILED' });
});

t.test('a number that another trunk has', { skip: found === undefined && 'no livekit-server' }, async t => {
  const { config, client } = await liveKit(t, found ?? '');
  await client.createSipInboundTrunk('of others', ['+15550100']);
  await t.rejects(provisionSip(config), { code: 'STEP_FAILED', detail: /[Cc]onflict/ });
});
