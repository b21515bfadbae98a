import t from 'tap';
import { EarlyEar } from '../../pipeline/turn/early_ear.ts';

const QUIET = { levelDb: -70, floorDb: -72 };

function ear() {
  const levels = {
    received: { ...QUIET },
    withoutEcho: { ...QUIET },
    echo: { delayMs: 10, echoDb: -120, likelyEchoDb: -Infinity },
  };
  return { levels, early: new EarlyEar(levels) };
}

function hear(early: EarlyEar, ticks: number): void {
  for (let i = 0; i < ticks; i += 1) early.hear();
}

t.test('on a line without echo a sound is heard as it is received', async t => {
  const { levels, early } = ear();
  hear(early, 10);
  levels.received.levelDb = -40;
  hear(early, 2);
  t.strictSame([early.isEchoed, early.delayMs, early.sound.soundMs], [false, 0, 20]);
});

t.test('on others once the echo is out, and for a while after the last of it', async t => {
  const { levels, early } = ear();
  levels.received.levelDb = -30;
  levels.echo.echoDb = -30;
  hear(early, 50);
  t.strictSame([early.isEchoed, early.delayMs, early.sound.isOn], [true, 10, false], 'the agent alone');
  levels.withoutEcho.levelDb = -40;
  hear(early, 2);
  t.equal(early.sound.soundMs, 20, 'the caller');
  levels.echo.echoDb = -120;
  levels.withoutEcho.levelDb = -70;
  hear(early, 90);
  t.ok(early.isEchoed, 'the agent pauses');
  hear(early, 20);
  t.notOk(early.isEchoed);
});

t.test('what may be an echo is none of the caller’s', async t => {
  const { levels, early } = ear();
  hear(early, 10);
  levels.received.levelDb = -40;
  levels.echo.likelyEchoDb = -44;
  hear(early, 10);
  t.notOk(early.sound.isOn);
  levels.received.levelDb = -36;
  hear(early, 1);
  t.ok(early.sound.isOn);
});
