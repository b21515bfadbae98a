import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import { dispose } from '@livekit/rtc-node';
import t from 'tap';
import { SendSpread } from '../../sip/rtp/send_spread.ts';
import { LIMITS } from '../../src/config/limits.ts';
import { parseConfig } from '../../src/config/load.ts';
import type { CallAssignment, Message } from '../../src/ipc/messages.ts';
import type { Line } from '../../src/lines/line.ts';
import { createLogger } from '../../src/observe/log.ts';
import { openLines, rtpLegs } from '../../src/roles/media_lines.ts';
import { HOST } from '../lines/trunk_peer.ts';
import { freePortPair, settle, sockets } from '../lines/trunk_rig.ts';
import { sharedParts } from '../pipeline/shared_parts.ts';

const QUIET = {
  answered: () => {},
  dtmf: () => {},
  held: () => {},
  resumed: () => {},
  ended: () => {},
};
const config = parseConfig(JSON.stringify({ media: { callsPerProcess: 1 } }), 'test', {});

function call(callId: string, port: number): CallAssignment {
  return {
    callId,
    tenantId: 'default',
    direction: 'inbound',
    workflow: 'none',
    assignedAtMs: 0,
    line: {
      kind: 'trunk',
      trunk: 'here',
      host: HOST,
      port,
      stream: null,
      from: '+15550100',
      to: '+15550199',
    },
  };
}

/** Accepts connections, and says nothing. */
async function silentServer() {
  const accepted = new Set<{ destroy(): void }>();
  const server = createServer(socket => void accepted.add(socket)).listen(0, HOST);
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const close = (): void => {
    for (const socket of accepted) socket.destroy();
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
  const shared = await sharedParts(config.media.callsPerProcess, rtpLegs(config.media.callsPerProcess));
  const { legs, relays, open } = openLines(
    { config, link, log },
    { kernels: shared.memory, spread: new SendSpread(), sockets },
  );
  const room = { url: server.url, token: '' };
  relays.open({ type: 'openRelay', legId: 'relay', room, port: await freePortPair(), farPort: 2 });
  const opened: Line[] = [];
  t.teardown(async () => {
    server.close();
    await Promise.all(opened.map(line => line.close('localHangup')));
    await relays.stop();
    await dispose();
  });
  /** What was told first of a line: that it is ready, or closed. */
  const toldOf = async (id: string): Promise<Message['type']> => {
    for (;;) {
      const message = told.find(one => 'callId' in one && one.callId === id);
      if (message !== undefined) return message.type;
      await settle(1);
    }
  };
  let attempts = 0;
  /** A line of its own; where somebody took its port meanwhile, by another port. */
  const begin = async (openBy: (id: string, port: number) => Line): Promise<Line> => {
    for (;;) {
      attempts += 1;
      const id = `line ${attempts}`;
      const line = openBy(id, await freePortPair());
      if ((await toldOf(id)) === 'lineReady') return line;
    }
  };
  const leg = (): Promise<Line> =>
    begin((id, port) => legs.open(id, { kind: 'link', port, farPort: 2, to: 'room' }, 16_000, QUIET));

  while (opened.length < LIMITS.legsPerMediaProcess) opened.push(await leg());
  await t.rejects(leg(), RangeError, 'no more legs than the limit');
  opened.push(await begin((id, port) => open(call(id, port), 16_000, QUIET)));
  t.pass('a call finds its line all the same');
  await opened.shift()?.close('localHangup');
  opened.push(await leg());
  t.pass('a place is free again with its leg');
});
