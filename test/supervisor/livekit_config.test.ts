import t from 'tap';
import { nodePaths } from '../../src/config/paths.ts';
import { type Config, configSchema } from '../../src/config/schema.ts';
import { livekitServerConfig, livekitSipConfig } from '../../src/supervisor/services/livekit.ts';
import { withoutPersonalData } from '../../src/supervisor/services/livekit_log.ts';
import { livekitRedis, redisConfig } from '../../src/supervisor/services/redis.ts';

const config = (settings: object = {}): Config =>
  configSchema.parse({ redis: { url: 'redis://127.0.0.1' }, ...settings });

t.test('on the loopback nothing of LiveKit is reached from elsewhere', async t => {
  const server = livekitServerConfig(config({ livekit: { apiSecret: 's'.repeat(32) } }));
  t.match(server, {
    bind_addresses: ['127.0.0.1'],
    rtc: { node_ip: '127.0.0.1', interfaces: { includes: ['lo'] }, stun_servers: [], use_external_ip: false },
    keys: { trunkline: 's'.repeat(32) },
  });
  t.match(livekitSipConfig(config()), {
    listen_ip: '127.0.0.1',
    nat_1_to_1_ip: '127.0.0.1',
    rtp_port: '12000-13999',
  });
  t.equal(
    (livekitServerConfig(config({ livekit: { host: 'localhost' } })).rtc as { node_ip: string }).node_ip,
    '127.0.0.1',
  );
});

t.test('on an address of its own, that one is announced; on all, LiveKit finds it', async t => {
  const own = { livekit: { host: '192.0.2.7', sip: { host: '192.0.2.7' } } };
  t.match(livekitServerConfig(config(own)), {
    rtc: { node_ip: '192.0.2.7', enable_loopback_candidate: false },
  });
  t.match(livekitSipConfig(config(own)), { listen_ip: '192.0.2.7', local_net: '192.0.2.7/32' });
  const all = { livekit: { host: '0.0.0.0', sip: { host: '0.0.0.0' } } };
  t.notOk('node_ip' in (livekitServerConfig(config(all)).rtc as object));
  t.notOk('nat_1_to_1_ip' in livekitSipConfig(config(all)));
});

t.test('the Redis of a URL', async t => {
  t.same(livekitRedis('redis://127.0.0.1:6380'), { address: '127.0.0.1:6380' });
  t.same(livekitRedis('rediss://user:p%40ss@[2001:db8::1]/3'), {
    address: '[2001:db8::1]:6379',
    username: 'user',
    password: 'p@ss',
    db: 3,
    use_tls: true,
  });
});

t.test('a data folder of any name stays one word of redis.conf', async t => {
  const settings = config({ dataDir: '/tmp/a "b" \\c\nport 1' });
  const lines = redisConfig(settings, nodePaths('/', settings), 'secret').split('\n');
  t.equal(lines.filter(line => line.startsWith('port ')).length, 1);
});

t.test('LiveKit’s log lines lose who called and keep what happened', async t => {
  const line =
    '{"level":"info","ts":"2026-03-01T10:00:00.123Z","msg":"processing invite","callID":"SCL_9x","sipCallID":"a84b4c76@203.0.113.9","fromUser":"+15551230001","toUser":"+15550100","fromIP":"203.0.113.9:5060","room":"call-_+15551230001_Ab3","participant":"sip_+15551230001","uri":"sip:+15550100@127.0.0.1","status":200,"latency":12345678,"caller":"sip/inbound.go:317"}';
  const kept = withoutPersonalData(line);
  t.notMatch(kept, /1555|203\.0/);
  t.match(JSON.parse(kept), {
    msg: 'processing invite',
    callID: 'SCL_9x',
    sipCallID: 'a84b4c76@[host]',
    caller: 'sip/inbound.go:317',
    status: 200,
    ts: '2026-03-01T10:00:00.123Z',
  });
  const plain = 'INVITE sip:alice@example.org from "Alice" <sips:bob;x=1@192.0.2.1> number +4930123456';
  t.notMatch(withoutPersonalData(plain), /alice@|bob|4930/);
  t.match(withoutPersonalData(plain), /^INVITE sip:\[redacted\]@example\.org/);
});

t.test('hostile log lines take no time', async t => {
  const started = process.cpuUsage();
  for (const line of [
    `"room":${'['.repeat(50_000)}`,
    `"room":"${'\\'.repeat(50_000)}`,
    '"sipCallID":"'.repeat(5_000),
    `"sipCallID":"@${'\\'.repeat(50_000)}`,
    'sip:'.repeat(20_000),
    '1'.repeat(50_000),
  ])
    withoutPersonalData(line);
  t.ok(process.cpuUsage(started).user < 5_000_000, 'work stays far from quadratic');
});
