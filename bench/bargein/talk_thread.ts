import { getEnvironmentData, workerData } from 'node:worker_threads';
import { RecognisedInterjections } from '../../src/agent/interjection.ts';
import type { After } from '../../src/agent/ports.ts';
import type { TalkWorkerData } from '../../src/calls/media_threads.ts';
import type { ToAudio, ToTalk } from '../../src/calls/thread_messages.ts';
import { ThreadPulse } from '../../src/calls/thread_pulse.ts';
import { createPocketsphinxStt } from '../../src/providers/stt/pocketsphinx.ts';
import { PROGRAMME_FOLDER } from './media_files.ts';
import { readProgrammes } from './programme.ts';
import { SpeakingTalk } from './speaking_talk.ts';

const PUMP_EVERY_MS = 10;

/** Stands where the talk thread is. */
const { memory, port, pulse } = workerData as TalkWorkerData;
const programmes = readProgrammes(String(getEnvironmentData(PROGRAMME_FOLDER)));
const stt = createPocketsphinxStt();
const after: After = (delayMs, action) => {
  const timer = setTimeout(action, delayMs);
  return () => clearTimeout(timer);
};
const send = (message: ToAudio): void => port.postMessage(message);
const talk = new SpeakingTalk({
  memory,
  programmes,
  ear: new RecognisedInterjections(stt, after),
  nowMs: () => performance.now(),
  goOn: (slot, hold) => send({ type: 'goOn', slot, hold }),
  cut: (slot, generation) => send({ type: 'cut', slot, generation }),
});
const heart = new ThreadPulse(pulse);
const pumping = setInterval(() => {
  heart.beat('talk');
  talk.pump();
}, PUMP_EVERY_MS);

port.on('message', (message: ToTalk) => {
  switch (message.type) {
    case 'answered':
      talk.begin(message.call.slot, message.call.rateHz);
      break;
    case 'turn':
      talk.follow(message.slot, message.event);
      break;
    case 'lineEnded':
      talk.end(message.slot);
      send({ type: 'released', slot: message.slot });
      break;
    case 'stop':
      clearInterval(pumping);
      port.close();
      void stt.close();
      break;
  }
});
send({ type: 'ready' });
