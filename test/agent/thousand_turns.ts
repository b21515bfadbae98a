import { Rig } from './rig.ts';

/** Run by hang_up.test.ts in a process of its own: prints the growth of the heap over the last 500 turns, in bytes. */
const TURNS = 1000;
const WARM_UP_TURNS = 500;

function heapBytes(): number {
  globalThis.gc?.();
  return process.memoryUsage().heapUsed;
}

const rig = await new Rig().answer();
rig.forgetEvents();
await rig.listen();
let warmBytes = 0;
for (let turn = 1; turn <= TURNS; turn += 1) {
  await rig.speak(100, 100);
  await rig.listen();
  rig.stt.sessions.length = 0;
  rig.tts.rendered.length = 0;
  rig.audio.forgetHeard();
  rig.flow.calls.splice(0, rig.flow.calls.length - 1);
  if (turn === WARM_UP_TURNS) warmBytes = heapBytes();
}
process.stdout.write(
  JSON.stringify({
    grownBytes: heapBytes() - warmBytes,
    turns: Number(rig.flow.calls.at(-1)?.stage),
    timers: rig.timers.open,
  }),
);
