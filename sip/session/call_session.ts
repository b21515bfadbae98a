import type { SipRequest, SipResponse } from '../message/message.ts';
import type { AudioStream } from '../sdp/session.ts';
import type { ServerTransaction } from '../transaction/server_transaction.ts';
import type { AgentParts } from './agent_parts.ts';
import type { InviteUsage, UsageEvents } from './invite_usage.ts';
import type {
  Ending,
  Identity,
  Parting,
  RequestContent,
  Session,
  SessionEvents,
  SessionMedia,
  SessionSnapshot,
} from './session.ts';

/** What the sessions of both directions have in common: their user, their state and what goes on in their dialog. */
export abstract class CallSession implements Session {
  abstract readonly direction: 'inbound' | 'outbound';
  abstract readonly callId: string;
  abstract readonly localTag: string;
  abstract readonly identity: Identity;
  protected readonly parts: AgentParts;
  protected events: SessionEvents = {};
  /** Holds what the user wishes until there is a dialog that can be changed. */
  protected isHeld = false;
  #state: 'early' | 'confirmed' | 'ended' = 'early';

  constructor(parts: AgentParts) {
    this.parts = parts;
    parts.table.addSession(this);
  }

  /** The dialog that the session goes by; undefined for an outbound call without one. */
  protected abstract readonly usage: InviteUsage | undefined;
  /** What hanging up sends in an early or confirmed session. */
  protected abstract leave(parting: Parting): Pick<Ending, 'status'>;

  get state(): 'early' | 'confirmed' | 'ended' {
    return this.#state;
  }

  get remoteTag(): string | undefined {
    return this.usage?.link.dialog.remoteTag;
  }

  get stream(): AudioStream | undefined {
    return this.usage?.media?.stream;
  }

  listen(events: SessionEvents): void {
    if (this.#state !== 'ended') this.events = events;
  }

  hangUp(parting: Parting = {}): void {
    if (this.#state === 'ended') return;
    const { status } = this.leave(parting);
    this.finish({ by: 'local', reasons: [], ...(status !== undefined && { status }) });
  }

  /** Ends it after a fault of this end: the far end is told where that still works. */
  abandon(): void {
    if (this.#state === 'ended') return;
    try {
      this.leave({});
    } catch {
      this.usage?.retire();
    }
    this.finish({ by: 'error', reasons: [] });
  }

  hold(): void {
    this.#change(true, {});
  }

  resume(): void {
    this.#change(false, {});
  }

  reoffer(media: Partial<SessionMedia> = {}): void {
    this.#change(this.isHeld, media);
  }

  info(contentType: string, body: Buffer, answered?: (status: number) => void): void {
    this.request('INFO', { contentType, body }, response => answered?.(response?.status ?? 408));
  }

  request(
    method: string,
    content: RequestContent,
    answered?: (response: SipResponse | undefined) => void,
  ): void {
    const usage = this.#state === 'ended' ? undefined : this.usage;
    if (usage === undefined) queueMicrotask(() => answered?.(undefined));
    else usage.request(method, content, response => answered?.(response));
  }

  snapshot(): SessionSnapshot | undefined {
    const { usage, direction, identity } = this;
    if (this.#state === 'ended' || usage === undefined || !usage.isConfirmed) return undefined;
    const { link, timer } = usage;
    const media = usage.media?.snapshot();
    if (media?.stream === undefined) return undefined;
    return {
      direction,
      identity,
      dialog: link.dialog.state,
      hop: link.hop,
      contact: link.contact,
      allows: link.allows,
      media: { ...media, stream: media.stream },
      timer,
    };
  }

  protected confirm(stream: AudioStream): void {
    this.#state = 'confirmed';
    this.events.confirmed?.(stream);
    this.events.dialogChanged?.();
  }

  /** Tells the user that it is over; nothing more is told. */
  protected finish(ending: Ending): void {
    if (this.#state === 'ended') return;
    this.#state = 'ended';
    const { events } = this;
    this.events = {};
    events.ended?.(ending);
  }

  /** What a dialog of this session tells it; the direction adds what is its own. */
  protected usageEvents(own: Pick<UsageEvents, 'prack' | 'over' | 'gone'>): UsageEvents {
    return {
      ...own,
      changed: stream => this.events.changed?.(stream),
      changeRefused: status => {
        this.isHeld = this.usage?.media?.direction !== 'sendrecv';
        this.events.changeRefused?.(status);
      },
      info: (request: SipRequest) => this.events.info?.(request) ?? { status: 415 },
      request: (server: ServerTransaction) => this.events.request?.(server) ?? false,
      allowsOffer: (request: SipRequest) => this.events.allowOffer?.(request) ?? true,
      moved: () => this.events.dialogChanged?.(),
    };
  }

  #change(held: boolean, media: Partial<SessionMedia>): void {
    if (this.#state === 'ended') return;
    this.isHeld = held;
    const described = this.usage?.media;
    if (described === undefined) return;
    described.direction = held ? 'sendonly' : 'sendrecv';
    described.media = { ...described.media, ...media };
    this.usage?.offer();
  }
}
