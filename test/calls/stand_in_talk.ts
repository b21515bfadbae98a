import { clearInterval, setInterval } from 'node:timers';
import { workerData } from 'node:worker_threads';
import type { TalkWorkerData } from '../../src/calls/media_threads.ts';
import { readSamples } from '../../src/calls/ring.ts';
import { slotView } from '../../src/calls/slot_buffers.ts';
import { SpeechWriter } from '../../src/calls/speech_writer.ts';
import type { ToAudio, ToTalk } from '../../src/calls/thread_messages.ts';

/**
 * Stands in for the conversation: says a long tone when the call is answered and a short one after every turn of the
 * caller, hangs up after key 0, and counts what it hears on key 9 (by the length of its answer).
 */
const { memory, port } = workerData as TalkWorkerData;
const LONG_S = 6;
const SHORT_S = 0.5;

interface Speaker {
  readonly writer: SpeechWriter;
  readonly rateHz: number;
  readonly drain: NodeJS.Timeout;
}

const speakers = new Map<number, Speaker>();
const scratch = new Int16Array(16_000);

function tell(message: ToAudio): void {
  port.postMessage(message);
}

function say({ writer, rateHz }: Speaker, seconds: number): void {
  if (writer.isCut) writer.resume();
  const samples = Int16Array.from({ length: seconds * rateHz }, (_, i) =>
    Math.round(8000 * Math.sin((2 * Math.PI * 440 * i) / rateHz)),
  );
  writer.write(samples);
}

function onMessage(message: ToTalk): void {
  if (message.type === 'stop') {
    port.close();
    return;
  }
  if (message.type === 'orphanFate' || message.type === 'workflowsChanged') return;
  if (message.type === 'answered') {
    const { slot, rateHz } = message.call;
    const view = slotView(memory, slot);
    const drain = setInterval(() => readSamples(view.heard, scratch), 100);
    const speaker = { writer: new SpeechWriter(view), rateHz, drain };
    speakers.set(slot, speaker);
    say(speaker, LONG_S);
    return;
  }
  const speaker = speakers.get(message.slot);
  if (speaker === undefined) return;
  if (message.type === 'turn' && message.event.type === 'turnEnded') say(speaker, SHORT_S);
  else if (message.type === 'dtmf' && message.digit === '0') {
    tell({ type: 'hangUp', slot: message.slot, drain: true });
  } else if (message.type === 'lineEnded') {
    clearInterval(speaker.drain);
    speakers.delete(message.slot);
    tell({ type: 'released', slot: message.slot });
  }
}

port.on('message', onMessage);
tell({ type: 'ready' });
