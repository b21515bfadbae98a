import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { configSchema } from '../../src/config/schema.ts';
import { createRoomMaker } from '../../src/http/browser_room.ts';
import type { LiveEvent } from '../../src/store/live_events.ts';
import type {
  CallCostView,
  CallDetailView,
  ProviderTurnsView,
  RecordingView,
} from '../../src/store/views.ts';
import { buildPage } from '../../web/build.ts';
import { startLiveKitServer } from '../edge/livekit_server.ts';
import { callDetail, startTestPlane } from '../http/test_plane.ts';
import { launchChromium, writeToneWav } from './chromium.ts';
import { type StandInAgent, startStandInAgent } from './stand_in_agent.ts';

const AGENT = 'page-test';
/** Chromium's fake devices always have one. */
const NO_MICROPHONE = `navigator.mediaDevices.getUserMedia =
  () => Promise.reject(new DOMException('', 'NotFoundError'))`;

/** The real page, control plane, livekit-server and browser; only agent and record are stand-ins. */
export interface PageStack {
  readonly url: string;
  readonly recordingsDir: string;
  readonly agent: StandInAgent;
  /** What the control plane reads from then on. */
  putRecord(call: CallDetailView | undefined): void;
  /** The same of the figures of providers. */
  putFigures(figures: readonly Figures[]): void;
  /** Commits an event. */
  publish<Type extends LiveEvent['type']>(
    type: Type,
    detail: Extract<LiveEvent, { type: Type }>['detail'],
    callId?: string,
  ): void;
  /** A page that knows nothing of the others; what its console complains of is collected. */
  open(microphone?: Microphone, options?: { colorScheme?: 'dark' | 'light' }): Promise<OpenPage>;
  stopLiveKit(): Promise<void>;
  end(): Promise<void>;
}

/** Of turns so many days ago. */
type Figures = ProviderTurnsView & { readonly daysAgo: number };

function daysBetween(since: string): number {
  return (Date.now() - Date.parse(since)) / 86_400_000;
}

/** What becomes of a page that asks for the microphone. */
type Microphone = 'there' | 'refused' | 'missing';

interface OpenPage {
  readonly page: Page;
  readonly complaints: readonly string[];
  close(): Promise<void>;
}

export async function startPageStack(binaries: { livekit: string; chromium: string }): Promise<PageStack> {
  const scratch = mkdtempSync(join(tmpdir(), 'trunkline-page-'));
  const pageDir = join(scratch, 'page');
  const wav = join(scratch, 'tone.wav');
  writeToneWav(wav);
  await buildPage(pageDir);
  const livekit = await startLiveKitServer(binaries.livekit);
  const agent = await startStandInAgent(livekit, AGENT);
  const events: LiveEvent[] = [];
  let record: CallDetailView | undefined;
  let figures: readonly Figures[] = [];
  const { url, apiKey, apiSecret } = livekit;
  const { livekit: config } = configSchema.parse({
    livekit: { url, apiKey, apiSecret, agentName: AGENT },
  });
  const plane = await startTestPlane({
    queries: {
      listCalls: async () => ({ rows: record === undefined ? [] : [record], next: null }),
      getCall: async () => record,
      recordingsOf: async (): Promise<RecordingView[]> => [...(record?.recordings ?? [])],
      eventsSince: async (_tenantId, seq) => events.filter(event => event.seq > seq),
      lastSeq: async () => events.length,
      providerTurns: async (_tenantId, since) => figures.filter(one => one.daysAgo <= daysBetween(since)),
    },
    plane: { pageDir, rooms: { make: createRoomMaker(config), url } },
  });
  const address = await plane.app.listen({ host: '127.0.0.1', port: 0 });
  const browser = await launchChromium(binaries.chromium, `--use-file-for-fake-audio-capture=${wav}`);
  return {
    url: address,
    recordingsDir: join(plane.dir, 'recordings'),
    agent,
    putRecord(call) {
      record = call;
    },
    putFigures(given) {
      figures = given;
    },
    publish(type, detail, callId = 'call-1') {
      const seq = events.length + 1;
      const event = {
        seq,
        key: `${callId}:${seq}`,
        tenantId: 'default',
        callId,
        at: new Date().toISOString(),
      };
      const live = { ...event, type, detail } as LiveEvent;
      events.push(live);
      plane.publications.publish(live);
    },
    async open(microphone = 'there', options = {}) {
      const context = await browser.newContext({ viewport: { width: 1180, height: 900 }, ...options });
      if (microphone === 'there') await context.grantPermissions(['microphone']);
      if (microphone === 'missing') await context.addInitScript(NO_MICROPHONE);
      const page = await context.newPage();
      const complaints: string[] = [];
      page.on('pageerror', error => complaints.push(error.message));
      page.on('console', message => {
        if (message.type() === 'error') complaints.push(message.text());
      });
      return { page, complaints, close: () => context.close() };
    },
    stopLiveKit: () => livekit.stop(),
    async end() {
      await browser.close();
      await agent.stop();
      await plane.end();
      await livekit.stop();
      rmSync(scratch, { recursive: true, force: true });
    },
  };
}

/** The record of a call that has been talked through. */
export function talkedThrough(room: string): CallDetailView {
  const [quote] = callDetail('call-1').quotes;
  return callDetail('call-1', {
    room,
    quotes: [{ ...quote!, booked: false, totalCents: 1 }, quote!],
    turns: [
      turn('agent', 1, 0, 'Hello, this is the automated assistant of Keys and Sons. May I record this call?'),
      turn('caller', 1, 4200, 'yes'),
      turn('agent', 2, 5600, 'Thank you. What kind of piano is it?', true),
      turn('caller', 2, 8400, 'an upright piano'),
    ],
    latencies: [latency(1, 4900), latency(2, 9800)],
    costs: [
      cost('llm', 'openai', { inputTokens: 900, outputTokens: 60, costMicroUsd: 1_250, isEstimated: true }),
      cost('stt', 'deepgram', { audioMs: 90_000, costMicroUsd: 6_450 }),
    ],
    slots: [
      slot('pianoType', 'upright'),
      slot('originAddress', '14 Maple Street, Springfield'),
      slot('destinationFloor', 3),
      slot('elevator', false),
      slot('movingDate', '2026-03-14'),
    ],
    recordings: [
      {
        file: 'default/call-1.wav',
        startMs: 0,
        rateHz: 16_000,
        durationMs: 119_000,
        bytes: 7_616_044,
        deletedAt: null,
      },
    ],
  });
}

function turn(
  speaker: 'agent' | 'caller',
  number: number,
  startMs: number,
  text: string,
  interrupted = false,
) {
  const endMs = startMs + 1500;
  return speaker === 'agent'
    ? { speaker, turn: number, text, startMs, endMs, interrupted, confidence: null }
    : { speaker, turn: number, text, startMs, endMs, interrupted: null, confidence: 0.9 };
}

export function latency(number: number, lastSoundMs: number) {
  return {
    turn: number,
    lastSoundMs,
    endOfTurnMs: lastSoundMs + 450,
    sttFinalMs: lastSoundMs + 470 + number,
    firstTokenMs: number % 2 === 0 ? lastSoundMs + 400 + number : null,
    firstWordMs: lastSoundMs + 472 + number,
    firstAudioMs: lastSoundMs + 540 + number,
    firstFrameMs: lastSoundMs + 560 + number,
    heardBy: { provider: 'deepgram', ms: 20 + number, wentOn: [] },
    thoughtBy: number % 2 === 0 ? { provider: 'openai', ms: 210, wentOn: [] } : null,
    spokenBy: null,
  };
}

function cost(kind: 'stt' | 'llm' | 'tts', provider: string, more: Partial<CallCostView>): CallCostView {
  const tokens = { inputTokens: 0, cachedTokens: 0, outputTokens: 0 };
  const amounts = { requests: 2, audioMs: 0, characters: 0, ...tokens, costMicroUsd: 0, isEstimated: false };
  return { kind, provider, ...amounts, ...more };
}

function slot(name: string, value: string | number | boolean) {
  return { slot: name, value, confirmed: true, sensitive: false, setAt: '2026-03-01T10:00:30.000000Z' };
}
