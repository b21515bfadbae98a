import { setTimeout as sleep } from 'node:timers/promises';
import { writeSamples } from '../../src/calls/ring.ts';
import { createSlotMemory, slotView } from '../../src/calls/slot_buffers.ts';
import { Recorders } from '../../src/recording/recorder.ts';

/**
 * Records a steady tone into a folder until it is killed, or for as many milliseconds as the second argument says;
 * tells faults and the end on standard output.
 */
// Node ignores this signal, so that a write past the limit is an error; the test runner's hooks undo that.
process.on('SIGXFSZ', () => undefined);

const [, , dir = '', lengthMs = 'Infinity'] = process.argv;
const { recording: ring } = slotView(createSlotMemory(1), 0);
const tell = (line: string) => process.stdout.write(`${line}\n`);
const recorders = new Recorders(dir, 'media-0', (callId, error) => tell(`fault ${callId} ${error.code}`));
const recorder = recorders.open({ tenantId: 'acme', callId: 'call-1', rateHz: 8000, ring });
const samples = new Int16Array(2 * 800).fill(1000);
for (let ms = 0; ms < Number(lengthMs); ms += 100) {
  writeSamples(ring, samples);
  recorder.drain();
  await sleep(2);
}
const { durationMs } = await recorder.close();
tell(`ended ${durationMs}`);
