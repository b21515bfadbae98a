import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import { dispose } from '@livekit/rtc-node';
import t from 'tap';
import { SendSpread } from '../../sip/rtp/send_spread.ts';
import { LIMITS } from '../../src/config/limits.ts';
import { parseConfig } from '../../src/config/load.ts';
import { nodePaths } from '../../src/config/paths.ts';
import type { CallAssignment, Message } from '../../src/ipc/messages.ts';
import type { Line } from '../../src/lines/line.ts';
import { createLogger } from '../../src/observe/log.ts';
import { openLines } from '../../src/roles/media_lines.ts';
import { HOST } from '../lines/trunk_peer.ts';
import { freePort, settle } from '../lines/trunk_rig.ts';
import { ROOT } from '../tidy/sources.ts';

const QUIET = {
  answered: () => {},
  dtmf: () => {},
  held: () => {},
  resumed: () => {},
  ended: () => {},
};
const config = parseConfig(JSON.stringify({ media: { callsPerProcess: 1 } }), 'test', {});

async function call(): Promise<CallAssignment> {
  return {
    callId: 'call',
    tenantId: 'default',
    direction: 'inbound',
    workflow: 'none',
    assignedAtMs: 0,
    line: {
      kind: 'trunk',
      trunk: 'here',
      host: HOST,
      port: await freePort(),
      stream: null,
      from: '+15550100',
      to: '+15550199',
    },
  };
}

/** Accepts connections, and says nothing. */
async function silentServer() {
  const sockets = new Set<{ destroy(): void }>();
  const server = createServer(socket => void sockets.add(socket)).listen(0, HOST);
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const close = (): void => {
    for (const socket of sockets) socket.destroy();
    server.close();
  };
  return { url: `ws://${HOST}:${port}`, close };
}

t.test('legs and rooms leave calls their lines, however many there are', async t => {
  const told: Message[] = [];
  const server = await silentServer();
  const link = {
    address: 'media-0',
    send: (_: string, message: Message) => void told.push(message),
    on: () => {},
    reportHung: () => {},
    onLost: () => {},
    close: async () => {},
  };
  const log = createLogger('media-0', 'silent');
  const paths = nodePaths(ROOT, config);
  const { legs, relays, open } = await openLines({ config, paths, link, log }, new SendSpread());
  const room = { url: server.url, token: '' };
  relays.open({ type: 'openRelay', legId: 'relay', room, port: await freePort(), farPort: 2 });
  const leg = async (index: number): Promise<Line> => {
    const access = { kind: 'link', port: await freePort(), farPort: 2, to: 'room' } as const;
    return legs.open(`leg ${index}`, access, 16_000, QUIET);
  };
  const opened: Line[] = [];
  for (let index = 0; index < LIMITS.legsPerMediaProcess; index += 1) opened.push(await leg(index));
  await t.rejects(leg(-1), RangeError, 'no more legs than the limit');
  opened.push(open(await call(), 16_000, QUIET));
  while (told.length < opened.length) await settle(1);
  t.same([...new Set(told.map(({ type }) => type))], ['lineReady'], 'not one wants for a line');
  await opened.shift()?.close('localHangup');
  opened.push(await leg(-2));
  while (told.length < opened.length + 2) await settle(1);
  t.match(told.at(-1), { type: 'lineReady', callId: 'leg -2' }, 'a place is free again with its leg');

  server.close();
  await Promise.all(opened.map(line => line.close('localHangup')));
  await relays.stop();
  await dispose();
});
