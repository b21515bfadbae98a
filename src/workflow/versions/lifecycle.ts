import { TrunklineError } from '../../config/errors.ts';

export const VERSION_STATES = ['draft', 'review', 'approved', 'live', 'retired'] as const;
export type VersionState = (typeof VERSION_STATES)[number];

export const VERSION_ACTIONS = [
  'drafted',
  'submitted',
  'approved',
  'rejected',
  'gated',
  'tried',
  'trialEnded',
  'deployed',
  'replaced',
  'rolledBack',
  'retired',
] as const;
export type VersionAction = (typeof VERSION_ACTIONS)[number];

/** Whose versions those of the workflows folder are; nobody else may be called so. */
export const FILE_AUTHOR = 'file';

/** What is decided of a version. */
interface VersionStanding {
  readonly state: VersionState;
  /** Of new calls, while it is tried beside the one that is live. */
  readonly canaryPercent: number | null;
  /** The version that was live when it was deployed. */
  readonly replaced: number | null;
  /** Who made it live last. */
  readonly deployedBy: string | null;
}

/** A version without its text. */
export interface VersionFacts extends VersionStanding {
  readonly version: number;
  /** As calls record it; null as long as its text has not been loaded. */
  readonly flowVersion: string | null;
  readonly sha256: string;
  readonly author: string;
  /** What a gate said of it; null without one. */
  readonly gatePassed: boolean | null;
}

/** One line of the history, and how the version stands after it. */
export interface VersionChange extends VersionStanding {
  readonly version: number;
  readonly action: VersionAction;
  readonly who: string;
  readonly note: string;
  /** Told where the text was loaded for the change. */
  readonly flowVersion?: string;
  /** What a gate found. */
  readonly gate?: { readonly passed: boolean; readonly result: unknown };
}

/** Who wants a change, and what they write beside it. */
export interface Order {
  readonly who: string;
  readonly note: string;
}

export function submit(one: VersionFacts, order: Order, flowVersion: string): VersionChange {
  need(one, ['draft'], 'submitted');
  return { ...changed(one, order, 'submitted', { state: 'review' }), flowVersion };
}

/** @throws TrunklineError VERSION_STATE; APPROVAL_REFUSED where who wrote it would approve it */
export function approve(one: VersionFacts, order: Order, settings: { soleOperator: boolean }): VersionChange {
  need(one, ['review'], 'approved');
  const isAuthor = sameName(one.author, order.who);
  if (isAuthor && !settings.soleOperator)
    throw new TrunklineError('APPROVAL_REFUSED', `version ${one.version} was written by the same person`);
  const note = isAuthor ? `by its author, the sole operator${order.note && `: ${order.note}`}` : order.note;
  return changed(one, { ...order, note }, 'approved', { state: 'approved' });
}

export function reject(one: VersionFacts, order: Order): VersionChange {
  need(one, ['review'], 'rejected');
  return changed(one, order, 'rejected', { state: 'draft' });
}

export function attachGate(one: VersionFacts, order: Order, gate: VersionChange['gate']): VersionChange {
  need(one, ['review', 'approved'], 'given a gate result');
  return { ...changed(one, order, 'gated', {}), ...(gate && { gate }) };
}

export interface Deployment extends Order {
  readonly version: number;
  /** Of new calls: 1 to 99 tries it, 0 ends that, 100 makes it live. */
  readonly percent: number;
  /** What whoever asks takes to be live; null for nothing. */
  readonly replaces: number | null;
}

/** @throws TrunklineError NOT_FOUND, VERSION_STATE, VERSION_CONFLICT, GATE_MISSING */
export function deploy(
  all: readonly VersionFacts[],
  order: Deployment,
  settings: { needsGate: boolean },
): readonly VersionChange[] {
  const { version, percent, replaces } = order;
  const one = versionOf(all, version);
  const live = liveOf(all);
  assertLive(live, replaces);
  need(one, ['approved'], 'deployed');
  if (percent > 0 && settings.needsGate && one.gatePassed !== true)
    throw new TrunklineError('GATE_MISSING', `version ${version} has no gate result that passed`);
  const tried = all.find(({ canaryPercent }) => canaryPercent !== null);
  if (percent === 0) return [endTrial(tried, one, order)];
  if (percent < 100) {
    if (live === undefined) throw refused(`version ${version} can't be tried: nothing is live beside it`);
    if (tried !== undefined && tried !== one)
      throw new TrunklineError('VERSION_CONFLICT', `version ${tried.version} is being tried already`);
    return [changed(one, order, 'tried', { canaryPercent: percent })];
  }
  return [
    ...(tried === undefined || tried === one ? [] : [endTrial(tried, tried, order)]),
    ...(live === undefined ? [] : [changed(live, order, 'replaced', { state: 'retired' })]),
    changed(one, order, 'deployed', {
      state: 'live',
      canaryPercent: null,
      replaced: live?.version ?? null,
      deployedBy: order.who,
    }),
  ];
}

/**
 * Back to what was live before. A trial that is under way is what is taken back first, and nothing else.
 * @throws TrunklineError VERSION_STATE, VERSION_CONFLICT
 */
export function rollBack(
  all: readonly VersionFacts[],
  order: Order & { readonly replaces: number | null },
): readonly VersionChange[] {
  const live = liveOf(all);
  assertLive(live, order.replaces);
  const tried = all.find(({ canaryPercent }) => canaryPercent !== null);
  if (tried !== undefined) return [endTrial(tried, tried, order)];
  const before = all.find(({ version }) => version === live?.replaced);
  if (live === undefined || before === undefined) throw refused('no version was live before this one');
  return [
    changed(live, order, 'replaced', { state: 'retired' }),
    changed(before, order, 'rolledBack', { state: 'live', canaryPercent: null, deployedBy: order.who }),
  ];
}

export function retire(one: VersionFacts, order: Order): VersionChange {
  need(one, ['draft', 'review', 'approved', 'live'], 'retired');
  return changed(one, order, 'retired', { state: 'retired', canaryPercent: null });
}

/**
 * What the workflows folder says of a workflow: its file leads as long as nobody has deployed a version. Then it is a
 * draft like others. `told` is undefined where there is no file any more.
 */
export function followFile(
  all: readonly VersionFacts[],
  told: { readonly sha256: string; readonly flowVersion: string } | undefined,
): readonly VersionChange[] {
  const live = liveOf(all);
  const file = all.find(({ sha256 }) => sha256 === told?.sha256);
  const isUnknown = told !== undefined && file === undefined;
  if (isLedByStore(live) || live === file || isUnknown) return [];
  const order = { who: FILE_AUTHOR, note: '' };
  return [
    ...(live === undefined ? [] : [changed(live, order, 'replaced', { state: 'retired' })]),
    ...(file === undefined
      ? []
      : [
          {
            ...changed(file, order, 'deployed', {
              state: 'live',
              canaryPercent: null,
              replaced: live?.version ?? file.replaced,
              deployedBy: FILE_AUTHOR,
            }),
            ...(told && { flowVersion: told.flowVersion }),
          },
        ]),
  ];
}

/** Whether somebody has deployed what is live, so that the file has nothing to say. */
export function isLedByStore(live: Pick<VersionFacts, 'deployedBy'> | undefined): boolean {
  return live !== undefined && live.deployedBy !== FILE_AUTHOR;
}

export function liveOf<T extends Pick<VersionFacts, 'state'>>(all: readonly T[]): T | undefined {
  return all.find(one => one.state === 'live');
}

/** @throws TrunklineError NOT_FOUND */
export function versionOf<T extends Pick<VersionFacts, 'version'>>(all: readonly T[], version: number): T {
  const found = all.find(one => one.version === version);
  if (found === undefined) throw new TrunklineError('NOT_FOUND', `there is no version ${version}`);
  return found;
}

function endTrial(tried: VersionFacts | undefined, wanted: VersionFacts, order: Order): VersionChange {
  if (tried !== wanted) throw refused(`version ${wanted.version} is not being tried`);
  return changed(wanted, order, 'trialEnded', { canaryPercent: null });
}

/** Whoever has not seen the last change does not make the next one. */
function assertLive(live: VersionFacts | undefined, replaces: number | null): void {
  const version = live?.version ?? null;
  if (version === replaces) return;
  const is = version === null ? 'no version is live by now' : `version ${version} is live by now`;
  throw new TrunklineError('VERSION_CONFLICT', `${is}, not ${replaces ?? 'none'}`);
}

function need(one: VersionFacts, states: readonly VersionState[], what: string): void {
  if (!states.includes(one.state))
    throw refused(
      `version ${one.version} is ${one.state}, and only what is ${states.join(' or ')} is ${what}`,
    );
}

function refused(detail: string): TrunklineError {
  return new TrunklineError('VERSION_STATE', detail);
}

function changed(
  one: VersionFacts,
  { who, note }: Order,
  action: VersionAction,
  to: Partial<VersionStanding>,
): VersionChange {
  const { version, state, canaryPercent, replaced, deployedBy } = one;
  return { version, action, who, note, state, canaryPercent, replaced, deployedBy, ...to };
}

/** Names are told apart by what they say, not by how they are written. */
function sameName(first: string, second: string): boolean {
  return plainName(first) === plainName(second);
}

function plainName(name: string): string {
  return name.normalize('NFKC').replace(/\s+/gu, ' ').trim().toLowerCase();
}
