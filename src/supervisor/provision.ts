import {
  RoomAgentDispatch,
  RoomConfiguration,
  type SIPDispatchRuleInfo,
  type SIPInboundTrunkInfo,
} from '@livekit/protocol';
import { SipClient } from 'livekit-server-sdk';
import { z } from 'zod';
import { TrunklineError } from '../config/errors.ts';
import type { Config } from '../config/schema.ts';

/** A group of numbers that are answered by one workflow: an inbound trunk and the rule that sends its calls to us. */
export interface SipGroup {
  readonly name: string;
  /** Empty: every number. */
  readonly numbers: readonly string[];
  /** Undefined: the default of the configuration at the time of the call. */
  readonly workflow: string | undefined;
}

/** Marks what we made; anything else in LiveKit belongs to others and stays. */
const markSchema = z.object({ managedBy: z.literal('trunkline'), agent: z.string() });

/** What was changed, in words; empty when all was right. */
export type ProvisionChanges = readonly string[];

/** The groups that the configuration asks for, a trunk each. */
export function sipGroups({ sip, workflows, livekit }: Config): SipGroup[] {
  const byWorkflow = new Map<string, string[]>();
  const special = Object.entries(workflows.byNumber).filter(
    ([number]) => sip.numbers.length === 0 || sip.numbers.includes(number),
  );
  for (const [number, workflow] of special)
    byWorkflow.set(workflow, [...(byWorkflow.get(workflow) ?? []), number]);
  const groups: SipGroup[] = [...byWorkflow].map(([workflow, numbers]) => ({
    name: `${livekit.agentName}-${workflow}`,
    numbers,
    workflow,
  }));
  const rest = sip.numbers.filter(number => workflows.byNumber[number] === undefined);
  if (rest.length > 0 || sip.numbers.length === 0) {
    groups.unshift({ name: livekit.agentName, numbers: rest, workflow: undefined });
  }
  return groups;
}

/**
 * Makes LiveKit's inbound trunks and dispatch rules what the configuration says. What is right is kept, what differs is
 * replaced, what we did not make is not touched.
 * @throws TrunklineError KEY_INVALID when LiveKit refuses the key, STEP_FAILED when it refuses what is asked
 */
export async function provisionSip(config: Config): Promise<ProvisionChanges> {
  const { url, apiKey, apiSecret } = config.livekit;
  const client = new SipClient(url.replace(/^ws/, 'http'), apiKey, apiSecret);
  try {
    return await new Provisioning(client, config).run();
  } catch (cause) {
    const { status, message } = cause as { status?: number; message?: string };
    if (status === 401 || status === 403) {
      throw new TrunklineError('KEY_INVALID', `LiveKit at ${url} refuses livekit.apiKey and its secret`, {
        cause,
      });
    }
    throw new TrunklineError('STEP_FAILED', `LiveKit refuses the trunk or the rule (${message})`, { cause });
  }
}

interface RightPair {
  readonly trunk: SIPInboundTrunkInfo;
  readonly rule: SIPDispatchRuleInfo | undefined;
}

class Provisioning {
  readonly #client: SipClient;
  readonly #config: Config;
  readonly #changes: string[] = [];

  constructor(client: SipClient, config: Config) {
    this.#client = client;
    this.#config = config;
  }

  async run(): Promise<ProvisionChanges> {
    const groups = sipGroups(this.#config);
    const trunks = (await this.#client.listSipInboundTrunk()).filter(trunk => this.#isOurs(trunk.metadata));
    const rules = (await this.#client.listSipDispatchRule()).filter(rule => this.#isOurs(rule.metadata));
    const right = groups.map(group => this.#rightPair(group, trunks, rules));
    const keptTrunks = new Set(right.map(pair => pair?.trunk.sipTrunkId));
    const keptRules = new Set(right.map(pair => pair?.rule?.sipDispatchRuleId));
    for (const { sipDispatchRuleId } of rules) {
      if (!keptRules.has(sipDispatchRuleId)) await this.#client.deleteSipDispatchRule(sipDispatchRuleId);
    }
    for (const { sipTrunkId } of trunks) {
      if (!keptTrunks.has(sipTrunkId)) await this.#client.deleteSipTrunk(sipTrunkId);
    }
    for (const [index, group] of groups.entries()) await this.#complete(group, right[index]);
    return this.#changes;
  }

  /** The trunk that is as it should be, with its rule if that is right too. */
  #rightPair(
    group: SipGroup,
    trunks: readonly SIPInboundTrunkInfo[],
    rules: readonly SIPDispatchRuleInfo[],
  ): RightPair | undefined {
    const trunk = trunks.find(candidate => this.#isRightTrunk(group, candidate));
    if (trunk === undefined) return undefined;
    return { trunk, rule: rules.find(candidate => this.#isRightRule(group, trunk.sipTrunkId, candidate)) };
  }

  async #complete(group: SipGroup, pair: RightPair | undefined): Promise<void> {
    const trunkId = pair?.trunk.sipTrunkId ?? (await this.#createTrunk(group));
    if (pair?.rule === undefined) await this.#createRule(group, trunkId);
  }

  #isOurs(metadata: string): boolean {
    const mark = parseMark(metadata);
    return mark?.agent === this.#config.livekit.agentName;
  }

  #isRightTrunk(group: SipGroup, trunk: SIPInboundTrunkInfo): boolean {
    return (
      trunk.name === group.name &&
      sameWords(trunk.numbers, group.numbers) &&
      sameWords(trunk.allowedAddresses, this.#config.sip.allowedAddresses)
    );
  }

  #isRightRule(group: SipGroup, trunkId: string, rule: SIPDispatchRuleInfo): boolean {
    const inner = rule.rule?.rule;
    const [agent, ...others] = rule.roomConfig?.agents ?? [];
    return (
      sameWords(rule.trunkIds, [trunkId]) &&
      inner?.case === 'dispatchRuleCallee' &&
      inner.value.randomize &&
      inner.value.roomPrefix === this.#config.livekit.sip.roomPrefix &&
      agent?.agentName === this.#config.livekit.agentName &&
      agent.metadata === jobMetadata(group) &&
      others.length === 0
    );
  }

  async #createTrunk(group: SipGroup): Promise<string> {
    const trunk = await this.#client.createSipInboundTrunk(group.name, [...group.numbers], {
      allowedAddresses: this.#config.sip.allowedAddresses,
      metadata: this.#mark(),
    });
    this.#changes.push(`trunk ${group.name}`);
    return trunk.sipTrunkId;
  }

  async #createRule(group: SipGroup, trunkId: string): Promise<void> {
    const agent = new RoomAgentDispatch({
      agentName: this.#config.livekit.agentName,
      metadata: jobMetadata(group),
    });
    await this.#client.createSipDispatchRule(
      // A room for each call. By the rule for individuals it would be named after the caller, wherever names are seen.
      { type: 'callee', roomPrefix: this.#config.livekit.sip.roomPrefix, randomize: true },
      {
        name: group.name,
        trunkIds: [trunkId],
        metadata: this.#mark(),
        roomConfig: new RoomConfiguration({ agents: [agent] }),
      },
    );
    this.#changes.push(`dispatch rule ${group.name}`);
  }

  #mark(): string {
    return JSON.stringify({ managedBy: 'trunkline', agent: this.#config.livekit.agentName });
  }
}

function parseMark(metadata: string): z.infer<typeof markSchema> | undefined {
  try {
    return markSchema.parse(JSON.parse(metadata));
  } catch {
    return undefined;
  }
}

/** What the edge reads in the job. */
function jobMetadata({ workflow }: SipGroup): string {
  return workflow === undefined ? '' : JSON.stringify({ workflow });
}

function sameWords(first: readonly string[], second: readonly string[]): boolean {
  return first.length === second.length && first.toSorted().join('\n') === second.toSorted().join('\n');
}
