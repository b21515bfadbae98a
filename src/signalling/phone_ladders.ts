import type { Alarm, Clock } from '../../sip/clock.ts';
import type { AudioStream } from '../../sip/sdp/session.ts';
import type { WireTap } from '../../sip/transport/transport.ts';
import type { MessageOf } from '../ipc/messages.ts';
import { ladderEvents } from '../ladder/record.ts';
import { LadderRecorder } from '../ladder/recorder.ts';
import type { EventSink } from '../store/events.ts';

/** A call whose ladder is kept. */
export interface LadderCall {
  readonly tenantId: string;
  readonly callId: string;
  readonly sipCallId: string;
  /** Where its RTP is; reports are on the port after it. */
  readonly local: { readonly host: string; readonly port: number };
}

/** Of the timestamps of all codecs that a trunk may have. */
const RTP_CLOCK_HZ = 8000;
/** Answers may still be sent again after a hang-up. */
const SETTLE_MS = 2000;

/** What crossed the wire in each call, for its record: SIP as this process sees it, RTCP as media processes tell. */
export class PhoneLadders {
  readonly #recorder = new LadderRecorder();
  readonly #sink: Pick<EventSink, 'append'>;
  readonly #clock: Clock;
  readonly #settling = new Map<LadderCall, Alarm>();

  constructor(sink: Pick<EventSink, 'append'>, clock: Clock) {
    this.#sink = sink;
    this.#clock = clock;
  }

  get tap(): WireTap {
    return this.#recorder.sip;
  }

  begin({ sipCallId }: LadderCall): void {
    this.#recorder.hold(sipCallId);
  }

  report(
    { sipCallId, local }: LadderCall,
    remote: AudioStream['remote'],
    { direction, bytes }: Pick<MessageOf<'lineReport'>, 'direction' | 'bytes'>,
  ): void {
    if (remote === undefined) return;
    const { rtp, rtcp = { ...rtp, port: rtp.port + 1 } } = remote;
    this.#recorder.rtcp(sipCallId, {
      direction,
      bytes: Buffer.from(bytes, 'base64'),
      local: { address: local.host, port: local.port + 1 },
      remote: { address: rtcp.address, port: rtcp.port },
      clockHz: RTP_CLOCK_HZ,
    });
  }

  /** The call is over: its ladder goes into the record, or nowhere where there is none. */
  end(call: LadderCall, hasRecord: boolean): void {
    if (!hasRecord) this.#recorder.drop(call.sipCallId);
    else
      this.#settling.set(
        call,
        this.#clock.after(SETTLE_MS, () => this.#write(call)),
      );
  }

  /** Writes down what waits. */
  close(): void {
    for (const [call, alarm] of this.#settling) {
      alarm.cancel();
      this.#write(call);
    }
  }

  #write(call: LadderCall): void {
    this.#settling.delete(call);
    const { tenantId, callId, sipCallId } = call;
    const entries = this.#recorder.take(sipCallId);
    for (const event of ladderEvents({ tenantId, callId, seenBy: 'edge' }, entries)) this.#sink.append(event);
  }
}
