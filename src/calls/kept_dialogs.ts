import type { CallAssignment, Message, MessageOf } from '../ipc/messages.ts';

export interface KeptDialogsPorts {
  toEdge(message: Message): void;
  /** Nobody will answer this call any more. */
  giveUp(callId: string): void;
  /** Lines of further legs, which go on though their dialogs are lost. */
  heldLines(): readonly MessageOf<'lineHeld'>[];
}

type LineEnd = MessageOf<'lineClosed'>['reason'];

interface KeptDialog {
  readonly call: CallAssignment;
  /** From when the far end relies on an answer. */
  snapshot?: string;
  isReady: boolean;
  checkpoint?: string;
  /** This end has hung up, and the edge has not said that it knows. */
  closed?: LineEnd;
}

/**
 * What a media process keeps of its phone legs for the edge, should that be lost: all that the next one needs to go on
 * with their dialogs. Everything about calls that goes to the edge passes here.
 */
export class KeptDialogs {
  readonly #ports: KeptDialogsPorts;
  readonly #dialogs = new Map<string, KeptDialog>();

  constructor(ports: KeptDialogsPorts) {
    this.#ports = ports;
  }

  assigned(call: CallAssignment): void {
    if (call.line.kind !== 'trunk') return;
    const checkpoint = call.resume?.checkpoint ?? undefined;
    this.#dialogs.set(call.callId, { call, isReady: false, ...(checkpoint && { checkpoint }) });
  }

  /** What the edge says of a leg. */
  heard(message: MessageOf<'dialog' | 'lineGone'>): void {
    const dialog = this.#dialogs.get(message.callId);
    if (message.type === 'lineGone') this.#dialogs.delete(message.callId);
    else if (dialog !== undefined) dialog.snapshot = message.snapshot;
  }

  /** Passes on what this process says of a leg. */
  send(message: MessageOf<'lineReady' | 'lineClosed' | 'checkpoint' | 'callRefused' | 'callEnded'>): void {
    const dialog = this.#dialogs.get(message.callId);
    if (dialog !== undefined) this.#note(dialog, message);
    this.#ports.toEdge(message);
  }

  #note(dialog: KeptDialog, message: Parameters<KeptDialogs['send']>[0]): void {
    if (message.type === 'lineReady') dialog.isReady = true;
    else if (message.type === 'lineClosed') dialog.closed = message.reason;
    else if (message.type === 'checkpoint') dialog.checkpoint = message.checkpoint;
    else if (dialog.closed === undefined) this.#dialogs.delete(message.callId);
  }

  /** The edge is lost, and with it the calls that were not answered: who waits calls on, and comes to the next one. */
  edgeGone(): void {
    for (const [callId, { snapshot }] of this.#dialogs) {
      if (snapshot !== undefined) continue;
      this.#dialogs.delete(callId);
      this.#ports.giveUp(callId);
    }
  }

  /** Tells an edge that has just begun. */
  tell(): void {
    for (const line of this.#ports.heldLines()) this.#ports.toEdge(line);
    for (const [callId, { call, snapshot, isReady, checkpoint = null, closed = null }] of this.#dialogs) {
      if (snapshot === undefined) continue;
      this.#ports.toEdge({ type: 'dialogHeld', call, snapshot, isReady, checkpoint, closed });
      if (closed !== null) this.#dialogs.delete(callId);
    }
    this.#ports.toEdge({ type: 'dialogsTold' });
  }
}
