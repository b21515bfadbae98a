import type { PipelineOverrides } from '../../pipeline/policy.ts';
import { SharedParts } from '../../pipeline/shared_parts.ts';
import { RtpExchange } from '../../sip/rtp/rtp_exchange.ts';
import { MediaCalls } from '../../src/calls/media_calls.ts';
import { MediaClock } from '../../src/calls/media_clock.ts';
import { PhoneLegs } from '../../src/calls/phone_legs.ts';
import { createSlotMemory } from '../../src/calls/slot_buffers.ts';
import { nodePaths } from '../../src/config/paths.ts';
import { readRuntime } from '../../src/config/runtime.ts';
import { connectLink } from '../../src/ipc/link.ts';
import { rateOf } from '../../src/lines/trunk_stream.ts';
import { createLogger } from '../../src/observe/log.ts';
import { EchoingTalk } from './echoing_talk.ts';

/**
 * A media process without its thread for conversation, and without speech work: clock, phone legs and pipeline are the real
 * ones (src/roles/media.ts), and callers hear themselves. `node media_process.ts RUNTIME_FILE CALLS`
 */
const [runtimeFile = '', calls = ''] = process.argv.slice(2);
const maxCalls = Number(calls);
const LOAD_EVERY_MS = 1000;
/** Every stage that can be switched off. */
const CARRIED_ONLY: PipelineOverrides = {
  echo: { enabled: false },
  noise: { kind: 'off' },
  level: { enabled: false },
  comfortNoise: { enabled: false },
};

const { project, config, socketPath } = readRuntime(runtimeFile);
const log = createLogger('media-0', config.logLevel);
const link = await connectLink({ address: 'media-0', socketPath, log });
const memory = createSlotMemory(maxCalls);
const rtp = new RtpExchange();
const shared = await SharedParts.load(nodePaths(project, config).kernels, maxCalls, maxCalls);
const phones = new PhoneLegs({
  parts: { kernels: shared.memory, spread: rtp.spread, sockets: rtp.sockets },
  toEdge: message => link.send('edge', message),
  log,
});
const talk = new EchoingTalk(memory, message => media.fromTalk(message));
const clock = new MediaClock();
const media = new MediaCalls({
  memory,
  maxCalls,
  // No voice is judged.
  shared: {
    memory: shared.memory,
    echoDelays: shared.echoDelays,
    strong: shared.strong,
    tick: () => undefined,
  },
  // Carrying alone is measured.
  soundOf: () => [CARRIED_ONLY],
  rateOf: ({ line }) => (line.kind === 'trunk' ? rateOf(line.stream) : 8000),
  openLine: ({ callId, line }, rateHz, events) => {
    if (line.kind !== 'trunk') throw new TypeError('phone calls alone come here');
    return phones.open(callId, line, rateHz, events);
  },
  ports: {
    toTalk: message => talk.receive(message),
    callUp: callId => link.send('edge', { type: 'callUp', callId }),
    callRefused: (callId, reason) => link.send('edge', { type: 'callRefused', callId, reason }),
    checkpoint: () => undefined,
    legWanted: () => undefined,
    orphan: () => undefined,
    callEnded: (callId, reason, failed) => link.send('edge', { type: 'callEnded', callId, reason, failed }),
    callsChanged: () => tellLoad(),
    readinessChanged: () => undefined,
  },
  log,
});

function tellLoad(): void {
  link.send('edge', {
    type: 'load',
    calls: media.count,
    unanswered: media.unanswered,
    maxCalls,
    tickLatenessP99Ms: clock.latenessP99Ms(),
    draining: false,
    spoolFull: false,
    busyShare: 0,
    shed: [],
  });
}

clock.add(rtp);
clock.add(media);
clock.add(talk);
clock.start();
rtp.start();
setInterval(tellLoad, LOAD_EVERY_MS);
for (const type of ['lineAnswered', 'lineChanged', 'lineKey', 'lineGone'] as const)
  link.on(type, message => phones.fromEdge(message));
link.on('assign', ({ call }) => media.assign(call));
link.on('hangUp', ({ callId }) => media.hangUp(callId));
link.onLost(() => process.exit(0));
process.on('SIGINT', () => process.exit(0));
link.send('supervisor', { type: 'ready', detail: `${maxCalls} calls` });
