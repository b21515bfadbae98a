import { createSocket } from 'node:dgram';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { Admission } from '../../src/calls/admission.ts';
import { Assignment } from '../../src/calls/assignment.ts';
import { ensureKeyFile } from '../../src/compliance/key_file.ts';
import { parseConfig } from '../../src/config/load.ts';
import { nodePaths } from '../../src/config/paths.ts';
import type { Runtime } from '../../src/config/runtime.ts';
import { Handlers } from '../../src/ipc/handlers.ts';
import type { Address, Message } from '../../src/ipc/messages.ts';
import { createLogger } from '../../src/observe/log.ts';
import { openPhone } from '../../src/roles/edge_phone.ts';
import { Inbox, portForBoth } from '../sip/transport/transport_rig.ts';

const MEDIA = 'media-0';

/** A registrar that takes whoever comes; what it hears, and where. */
async function registrar(t: Test) {
  const socket = createSocket('udp4');
  const inbox = new Inbox<string>();
  socket.on('message', (bytes, { port }) => {
    const text = bytes.toString();
    inbox.put(text);
    if (text.startsWith('REGISTER ')) socket.send(text.replace(/^.*/, 'SIP/2.0 200 OK'), port, '127.0.0.1');
  });
  await new Promise<void>(resolve => socket.bind(0, '127.0.0.1', resolve));
  t.teardown(() => new Promise<void>(resolve => socket.close(() => resolve())));
  const send = (text: string, port: number): void => socket.send(text, port, '127.0.0.1');
  return { port: socket.address().port, inbox, send };
}

/** An edge's phone that waits for the media process's word, and the far end of its trunk. */
async function rig(t: Test) {
  const farEnd = await registrar(t);
  const project = t.testdir({ spool: {} });
  const sealKeyFile = join(project, 'seal.key');
  ensureKeyFile(sealKeyFile);
  const sipPort = await portForBoth();
  const rtpPort = await portForBoth();
  const configOf = (name: string) =>
    parseConfig(
      `
dataDir: ${project}
sealKeyFile: ${sealKeyFile}
postgres: {url: "postgres://127.0.0.1:1/none"}
redis: {url: "redis://127.0.0.1:1"}
livekit: {enabled: false}
media: {processes: 1}
sip: {port: ${sipPort}, rtpPorts: [${rtpPort & ~1}, ${(rtpPort & ~1) + 1}]}
trunks:
  - name: one
    allowedAddresses: [127.0.0.1]
    numbers: ["*"]
    register: {registrar: "sip:127.0.0.1:${farEnd.port}", addressOfRecord: "sip:${name}@example.com"}
`,
      'test',
      {},
    );
  const runtimeFile = join(project, 'runtime.json');
  const write = (name: string): void => {
    const runtime: Runtime = { project, socketPath: '/none', config: configOf(name), ownsLiveKit: false };
    writeFileSync(runtimeFile, JSON.stringify(runtime));
  };
  const handlers = new Handlers(error => {
    throw error;
  });
  const sent: Message[] = [];
  const send = (_: Address, message: Message): void => void sent.push(message);
  const receive = (message: Message, from: Address = MEDIA): void =>
    handlers.dispatch({ from, to: 'edge', message });
  const log = createLogger('edge', 'silent');
  const admission = new Admission();
  const load = { calls: 0, unanswered: 0, maxCalls: 9, tickLatenessP99Ms: 0, draining: false };
  admission.update(MEDIA, { ...load, spoolFull: false, busyShare: 0, shed: [] });
  const assignment = new Assignment({ admission, send, after: () => () => undefined, log });
  const config = configOf('first');
  write('first');
  const link = {
    address: 'edge',
    send,
    on: handlers.on.bind(handlers),
    reportHung: () => undefined,
    onLost: () => undefined,
    close: async () => undefined,
  };
  const paths = { ...nodePaths(project, config), project };
  const context = { address: 'edge', config, paths, ownsLiveKit: false, runtimeFile, link, log };
  const opening = openPhone(context, admission, assignment);
  t.teardown(async () => (await opening).close());
  while (!sent.some(({ type }) => type === 'tellDialogs')) await new Promise(setImmediate);
  const told = async (): Promise<void> => {
    receive({ type: 'dialogsTold' });
    await opening;
  };
  return { farEnd, sipPort, rtpPort: rtpPort & ~1, write, receive, told, sent };
}

t.test('trunks that change while the edge begins are those that are registered', async t => {
  const { farEnd, write, receive, told } = await rig(t);
  write('changed');
  receive({ type: 'trunksChanged' }, 'supervisor');
  await told();
  t.match(await farEnd.inbox.next(), /^REGISTER [\s\S]*^To: <sip:changed@example.com>/m);
});

t.test('so are those of a change that the edge was not told of', async t => {
  const { farEnd, write, told } = await rig(t);
  write('changed');
  await told();
  t.match(await farEnd.inbox.next(), /^REGISTER [\s\S]*^To: <sip:changed@example.com>/m);
});

t.test('a port that a leg of the edge before has is given to no call', async t => {
  const { farEnd, sipPort, rtpPort, receive, told, sent } = await rig(t);
  receive({ type: 'lineHeld', legId: 'leg', end: 'leg', port: rtpPort, trunk: 'one' });
  await told();
  const body =
    'v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\nm=audio 4000 RTP/AVP 0\r\n';
  const invite = [
    `INVITE sip:+15550100@127.0.0.1:${sipPort} SIP/2.0`,
    `Via: SIP/2.0/UDP 127.0.0.1:${farEnd.port};branch=z9hG4bK1`,
    'Max-Forwards: 70',
    'From: <sip:a@b>;tag=1',
    'To: <sip:c@d>',
    'Call-ID: 1',
    'CSeq: 1 INVITE',
    `Contact: <sip:a@127.0.0.1:${farEnd.port}>`,
    'Content-Type: application/sdp',
    `Content-Length: ${body.length}`,
  ];
  farEnd.send(`${invite.join('\r\n')}\r\n\r\n${body}`, sipPort);
  let answer = '';
  while (!/^SIP\/2.0 [2-6]/.test(answer)) answer = await farEnd.inbox.next();
  t.match(answer, /^SIP\/2.0 503/);
  t.notOk(sent.some(({ type }) => type === 'assign'));
});
