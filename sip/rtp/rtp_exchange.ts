import { PolledSockets } from './polled_sockets.ts';
import type { RtpSockets } from './rtp_sockets.ts';
import { SendSpread } from './send_spread.ts';
import { eventSockets } from './socket_pair.ts';

/** What a process's legs share to reach the wire: on each tick it is asked first. */
export class RtpExchange {
  readonly spread = new SendSpread();
  readonly sockets: RtpSockets = PolledSockets.open() ?? eventSockets;

  /** How datagrams are read, for the log. */
  get way(): string {
    return this.sockets === eventSockets ? 'by the event loop' : 'polled';
  }

  start(): void {
    this.spread.start();
  }

  /** What is left of the tick before goes out, and what has come is there for this one. */
  tick(): void {
    this.spread.startTick();
    this.sockets.poll();
  }

  /** For a tick that is left out: all waits for the next. */
  skip(): void {}

  stop(): void {
    this.spread.stop();
  }
}
