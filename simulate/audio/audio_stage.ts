import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { localDate } from '../../bench/caller/script.ts';
import { withOwnNode } from '../../bench/latency/own_node.ts';
import { type CalledNode, ownTarget } from '../../bench/node.ts';
import { freePorts } from '../../bench/sip/free_ports.ts';
import { SipFailure } from '../../bench/wire/sip_client.ts';
import { configSchema } from '../../src/config/schema.ts';
import { createFliteTts } from '../../src/providers/tts/flite.ts';
import type { Tts } from '../../src/providers/types.ts';
import { missingNeeds, refuseMissing, runtimeNeeds } from '../../src/supervisor/system_packages.ts';
import type { SlotValue } from '../../src/workflow/types.ts';
import { openSimulatedOffice, type SimulatedOffice } from '../office/office.ts';
import type { Persona } from '../persona/schema.ts';
import { readScenario, scenarioNames } from '../read.ts';
import type { Scenario } from '../scenario/schema.ts';
import { type Conversation, matched } from '../text/conversation.ts';
import type { CallStage } from '../text/stage.ts';
import { type CallRecord, readCallRecord } from './call_record.ts';
import { OFFICE_KEY_ENV, writeCalledFolder } from './called_folder.ts';
import { startCallProviders } from './providers.ts';
import { SpokenBook } from './spoken_book.ts';
import { holdSpokenCall } from './spoken_call.ts';

const MOST_MS = 900_000;
const MOST_TRIES = 30;
const BETWEEN_TRIES_MS = 2000;
const FIRST_NUMBER = 15_550_200_000;
const FIRST_CALLER = 15_557_780_000;
/** Callers speak fast: how long a call takes is mostly how long people speak. */
const STRETCH = 0.6;
/** What was written down of a turn is written so long after its first sound at the latest. */
const WRITTEN_MS = 250;

/** A call by telephone as the checkers see any call, and what the node wrote down of it. */
export interface AudioConversation {
  readonly conversation: Conversation;
  readonly record: CallRecord;
}

/** A node of its own with all workflows, which is called by SIP, and a back office beside it. */
export class AudioStage {
  readonly todayIso: string;
  readonly office: SimulatedOffice;
  readonly #parts: { readonly node: CalledNode; readonly stage: CallStage; readonly book: SpokenBook };
  readonly #voice: Tts;
  #calls = 0;

  /** Use `withAudioStage`. */
  constructor(
    parts: { readonly node: CalledNode; readonly stage: CallStage; readonly book: SpokenBook },
    voice: Tts,
    office: SimulatedOffice,
    todayIso: string,
  ) {
    this.#parts = parts;
    this.#voice = voice;
    this.office = office;
    this.todayIso = todayIso;
  }

  /** One call; several may be held at once. @throws Error when it is refused or leaves no record */
  async hold(scenario: Scenario, persona: Persona, seed: number): Promise<AudioConversation> {
    const { node, stage, book } = this.#parts;
    this.#calls += 1;
    const from = `+${FIRST_CALLER + this.#calls}`;
    const own = { ...scenario, today: this.todayIso };
    const { caller, knowledge } = stage.callerOf(own, persona, seed);
    const target = ownTarget(node.config);
    const { truths } = knowledge;
    const given = scenario.given.filter(name => truths[name] !== undefined);
    const call = await tryAgainWhenFull(() =>
      holdSpokenCall({
        target: target.replace(/(?<=^sip:)[^@]+/, numberOf(stage, scenario.workflow)),
        from,
        headers: Object.fromEntries(given.map(name => [headerOf(name), String(truths[name] ?? '')])),
        caller,
        voice: this.#voice,
        book,
        mostMs: MOST_MS,
      }),
    );
    const record = await readCallRecord(node.config, call.sipCallId);
    const left: number[] = [];
    for (const { resource, match } of scenario.check.leaves)
      left.push(await this.office.count(resource, matched(match, record.slots, truths)));
    const conversation: Conversation = {
      workflow: scenario.workflow,
      persona: persona.name,
      seed,
      turns: call.turns,
      effects: record.effects.map(({ at, effect }) => ({
        turn: call.agentTurnsAt.filter(began => began < at - WRITTEN_MS).length,
        effect,
      })),
      slots: record.slots as Record<string, SlotValue>,
      truths,
      given,
      outcome: record.outcome,
      endedBy: call.endedBy,
      left,
      personJoined: false,
      ms: call.ms,
    };
    return { conversation, record };
  }
}

/** A node whose processors are busy takes no more calls for a moment. */
async function tryAgainWhenFull<T>(place: () => Promise<T>): Promise<T> {
  for (let tries = 1; ; tries += 1) {
    try {
      return await place();
    } catch (error) {
      if (!(error instanceof SipFailure) || error.status !== 503 || tries >= MOST_TRIES) throw error;
      await sleep(BETWEEN_TRIES_MS);
    }
  }
}

/** By which a trunk is told what is known of a caller. */
function headerOf(slot: string): string {
  return `X-Known-${slot.replaceAll('_', '-')}`;
}

function numberOf(stage: CallStage, workflow: string): string {
  return `+${FIRST_NUMBER + [...stage.flows.keys()].indexOf(workflow)}`;
}

/**
 * Starts a node and all that its calls need, and stops them afterwards.
 * @throws TrunklineError TOOL_MISSING naming the programs that are not there
 */
export async function withAudioStage<T>(
  stage: CallStage,
  folder: string,
  work: (audio: AudioStage) => Promise<T>,
): Promise<T> {
  const missing = await missingNeeds(runtimeNeeds(configSchema.parse({})), AbortSignal.timeout(10_000));
  if (missing.length > 0) refuseMissing(missing);
  const todayIso = localDate(new Date());
  const book = new SpokenBook();
  await using providers = await startCallProviders(book);
  await using office = await openSimulatedOffice(todayIso);
  const voice = createFliteTts({ voice: 'slt', stretch: STRETCH });
  const options = {
    configFile: '',
    target: undefined,
    quick: false,
    setFolder: undefined,
    withoutLiveKit: true,
  };
  const known = [...new Set(scenarioNames().flatMap(name => readScenario(name).given))];
  const dir = await mkdtemp(join(tmpdir(), 'trunkline-called-'));
  const [port = 0] = await freePorts(1);
  const byNumber = Object.fromEntries(
    [...stage.flows.keys()].map(name => [numberOf(stage, name), name] as const),
  );
  const config = {
    workflows: { dir, byNumber },
    sip: { port, numbers: Object.keys(byNumber) },
    trunks: [
      {
        name: 'simulated',
        allowedAddresses: ['127.0.0.1'],
        numbers: Object.keys(byNumber),
        maxCallsPerSecond: 10,
        attributes: Object.fromEntries(known.map(name => [headerOf(name), name])),
      },
    ],
    media: { processes: 1 },
    jobs: { enabled: false },
    recording: { consent: 'ask' },
    logLevel: 'warn',
    drainS: 5,
  };
  try {
    return await withOwnNode(
      options,
      providers.config,
      { ...providers.env, [OFFICE_KEY_ENV]: office.key },
      node => work(new AudioStage({ node, stage, book }, voice, office, todayIso)),
      {
        config,
        workflow: { writeTo: to => writeCalledFolder(folder, to, office.url) },
      },
    );
  } finally {
    await voice.close();
    await rm(dir, { recursive: true, force: true });
  }
}
