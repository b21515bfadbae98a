import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { dispose } from '@livekit/rtc-node';
import type { Page } from 'playwright-core';
import t from 'tap';
import { findLiveKitServer } from '../edge/livekit_server.ts';
import { API_KEY, callDetail } from '../http/test_plane.ts';
import { findChromium, writeToneWav } from './chromium.ts';
import { latency, type PageStack, startPageStack, talkedThrough } from './page_stack.ts';

const livekit = findLiveKitServer();
const chromium = findChromium();

async function enter(page: Page, { url }: PageStack): Promise<void> {
  await page.goto(`${url}/#key=${API_KEY}`);
  await page.getByRole('option', { name: 'Piano removal' }).waitFor({ state: 'attached' });
}

async function untilStatus(page: Page, text: string): Promise<void> {
  const status = page.getByRole('status');
  await status
    .filter({ hasText: text })
    .waitFor()
    .catch(async cause => {
      throw new Error(`waited for "${text}", saw "${await status.textContent()}"`, { cause });
    });
}

/** Asks the browser itself: the page's policy forbids what Playwright's own waiting does. */
async function untilTrue(page: Page, expression: string): Promise<void> {
  while ((await page.evaluate(expression)) !== true) await sleep(20);
}

async function untilHeard(stack: PageStack): Promise<void> {
  while (stack.agent.loudest() < 3000) await sleep(20);
}

function callButton(page: Page) {
  return page.getByRole('button', { name: 'Call', exact: true });
}

const spoken = (turn: number, text: string) => ({
  turn,
  text,
  startMs: turn * 4000,
  endMs: turn * 4000 + 900,
});

function started(room: string) {
  const who = { from: 'browser', to: 'trunkline', workflow: 'piano_removal', workflowVersion: '1' };
  return { direction: 'inbound', lineKind: 'room', room, ...who } as const;
}

async function suite(stack: PageStack): Promise<void> {
  t.test('asks for the key, refuses a wrong one, keeps it out of the address', async t => {
    const { page, complaints, close } = await stack.open();
    t.teardown(close);
    await page.goto(stack.url);
    const key = page.getByLabel('Key', { exact: true });
    await key.fill('not-the-key');
    await page.keyboard.press('Enter');
    await page.getByText('The node does not take this key.').waitFor();
    await page.keyboard.press('Escape');
    t.ok(await page.getByRole('dialog').isVisible(), 'there is nothing behind without a key');
    await key.fill(API_KEY);
    await page.keyboard.press('Enter');
    await page.getByRole('dialog').waitFor({ state: 'hidden' });
    await page.goto('about:blank');
    await enter(page, stack);
    t.equal(new URL(page.url()).hash, '', 'a key behind the # does not stay there');
    await page.reload();
    await page.getByRole('option', { name: 'Piano removal' }).waitFor({ state: 'attached' });
    t.notOk(await page.getByRole('dialog').isVisible(), 'the tab keeps it');
    await page.getByRole('button', { name: 'Forget key' }).click();
    await page.getByRole('dialog').waitFor();
    t.equal(complaints.length, 1, 'the browser tells of the one refusal, and of nothing else');
  });

  t.test('a call by keyboard alone: heard, shown, muted, hung up, found afterwards', async t => {
    const { page, complaints, close } = await stack.open();
    t.teardown(close);
    await enter(page, stack);
    await callButton(page).focus();
    await page.keyboard.press('Enter');
    await untilStatus(page, 'Connected');
    const job = stack.agent.jobs.at(-1);
    t.equal(job?.metadata, JSON.stringify({ workflow: 'piano_removal' }));
    await untilHeard(stack);
    await untilTrue(
      page,
      `['meter-you', 'meter-agent'].every(id => document.getElementById(id).value > -30)`,
    );

    // Another call of the node at the same time: none of its words may appear.
    stack.publish('call.started', started('web-somebody-else'), 'call-2');
    stack.publish('turn.caller', { ...spoken(1, 'somebody else'), confidence: 1 }, 'call-2');
    stack.publish('call.started', started(job?.room ?? ''));
    stack.publish('turn.agent', { ...spoken(1, 'Hello, may I record?'), interrupted: true });
    stack.publish('turn.caller', { ...spoken(2, '<img src=x onerror=alert(1)>'), confidence: 1 });
    const { firstTokenMs: _, thoughtBy: _thought, spokenBy: _spoken, ...ofWorkflow } = latency(1, 4000);
    stack.publish('turn.latency', ofWorkflow);
    const transcript = page.getByRole('log');
    await transcript.getByText('<img src=x onerror=alert(1)>').waitFor();
    t.match(await transcript.textContent(), /Hello, may I record\? interrupted/);
    t.notMatch(await transcript.textContent(), /somebody else/);
    await page.getByRole('row', { name: '1 450 471 deepgram – 473 541 561' }).waitFor();
    stack.publish('turn.latency', { ...ofWorkflow, turn: 3, spokenBy: { provider: 'cartesia', ms: 90 } });
    stack.publish('turn.takenOver', { turn: 3, thought: [], spoke: ['flite'] });
    await page.getByRole('row', { name: '473 541 cartesia → flite 561' }).waitFor();

    await page.keyboard.press('Shift+Tab');
    await page.keyboard.press('Enter');
    await page.getByRole('button', { name: 'Unmute', pressed: true }).waitFor();
    await untilTrue(page, `document.getElementById('meter-you').value === -60`);

    stack.putRecord(talkedThrough(job?.room ?? ''));
    writeToneWav(join(stack.recordingsDir, 'default', 'call-1.wav'));
    await page.keyboard.press('Tab');
    await page.keyboard.press('Enter');
    await untilStatus(page, 'You hung up');
    t.ok(
      await callButton(page).evaluate(button => button.matches(':focus')),
      'the focus stays with the call',
    );
    await page.getByRole('rowheader', { name: 'Total' }).waitFor();
    const record = await page.locator('#record').textContent();
    t.match(record, /Origin address14 Maple Street, Springfield/);
    t.match(record, /Total\$292\.50/);
    t.match(record, /Heard by deepgram1\.50 min\$0\.0065/);
    t.match(record, /Thought of by openai900 \+ 60 tokens≈ \$0\.0013/);
    t.match(record, /All providers\$0\.0077/);
    await page.getByRole('button', { name: 'Play recording' }).click();
    await untilTrue(page, `document.querySelector('audio[controls]')?.duration === 1`);
    t.equal(await page.getByRole('link', { name: 'Download' }).getAttribute('download'), 'call-1.wav');
    t.same(complaints, [], 'nothing to complain of, the content security policy included');
  });

  t.test('how each provider did in the calls of some days', async t => {
    const { page, complaints, close } = await stack.open();
    t.teardown(close);
    const of = (from: number) => ({ p50: from + 0.4, p90: from + 10, p95: from + 20, p99: from + 30 });
    const figures = (role: 'heard' | 'thought' | 'spoke', provider: string, daysAgo: number) => {
      return { role, provider, daysAgo, turns: 40, answerMs: of(100), voiceToVoiceMs: of(600) };
    };
    await enter(page, stack);
    const table = page.locator('#providers');
    await page.getByText('No provider has answered in a call of these days.').waitFor();
    t.notOk(await table.isVisible(), 'a table without rows is none');
    stack.putFigures([
      figures('spoke', '<b>cartesia</b>', 0.5),
      figures('heard', 'deepgram', 0.5),
      figures('thought', 'openai', 5),
    ]);
    await page.reload();
    await page.getByRole('row', { name: 'Heard by deepgram 40 100 110 120 130 600 610 620 630' }).waitFor();
    const rows = () => table.locator('tbody tr th').allTextContents();
    t.same(await rows(), ['Heard bydeepgram', 'Spoken by<b>cartesia</b>'], 'as a turn goes, as text');
    await page.getByLabel('Calls of').selectOption('7');
    await table.getByText('openai').waitFor();
    t.same(await rows(), ['Heard bydeepgram', 'Thought of byopenai', 'Spoken by<b>cartesia</b>']);
    stack.putFigures([]);
    await page.getByLabel('Calls of').selectOption('31');
    await table.waitFor({ state: 'hidden' });
    t.same(complaints, []);
  });

  t.test('telephone keys, by mouse and by keyboard, reach the agent in their order', async t => {
    const { page, complaints, close } = await stack.open();
    t.teardown(close);
    await enter(page, stack);
    const keypad = page.getByRole('group', { name: 'Keypad' });
    t.notOk(await keypad.isVisible());
    await callButton(page).focus();
    await page.keyboard.press('7');
    await page.keyboard.press('Enter');
    await untilStatus(page, 'Connected');
    for (const name of ['4', '2', '1', 'Star', '0', 'Pound']) {
      await keypad.getByRole('button', { name, exact: true }).click();
    }
    await page.keyboard.press('Control+5');
    await page.getByRole('button', { name: 'Forget key' }).focus();
    await page.keyboard.press('6');
    await page.getByRole('button', { name: 'Hang up' }).focus();
    await page.keyboard.type('x93*8#');
    await page.keyboard.press('Tab');
    await page.keyboard.press('Space');
    const pressed = '421*0#93*8#1';
    t.equal(await page.locator('#keys-pressed').textContent(), pressed);
    while (stack.agent.keys.length < pressed.length) await sleep(20);
    t.equal(stack.agent.keys.map(({ key }) => key).join(''), pressed);
    t.same(
      stack.agent.keys.slice(0, 6).map(({ code }) => code),
      [4, 2, 1, 10, 0, 11],
    );

    await stack.agent.leave();
    await untilStatus(page, 'The agent hung up');
    t.notOk(await keypad.isVisible());
    t.ok(
      await callButton(page).evaluate(button => button.matches(':focus')),
      'the focus stays with the call',
    );
    t.same(complaints, []);
  });

  t.test('the agent ends the call; another may follow', async t => {
    stack.putRecord(callDetail('call-3', { room: null }));
    const { page, complaints, close } = await stack.open();
    t.teardown(close);
    await enter(page, stack);
    for (const round of [1, 2]) {
      await callButton(page).click();
      await untilStatus(page, 'Connected');
      await stack.agent.leave();
      await untilStatus(page, 'The agent hung up');
      t.ok(await callButton(page).isEnabled(), `round ${round}`);
    }
    t.same(complaints, []);
  });

  t.test('an agent who is quicker than the microphone is not waited for', async t => {
    const { page, complaints, close } = await stack.open();
    t.teardown(close);
    await enter(page, stack);
    await page.evaluate(`{
      const { prototype } = LivekitClient.LocalParticipant;
      const { publishTrack } = prototype;
      prototype.publishTrack = async function (...given) {
        const published = await publishTrack.apply(this, given);
        while (document.getElementById('speaker').childElementCount === 0)
          await new Promise(resolve => setTimeout(resolve, 20));
        return published;
      };
    }`);
    await callButton(page).click();
    await untilStatus(page, 'Connected');
    await stack.agent.leave();
    await untilStatus(page, 'The agent hung up');
    t.same(complaints, []);
  });

  t.test('hung up before it began', async t => {
    const { page, complaints, close } = await stack.open();
    t.teardown(close);
    await enter(page, stack);
    // The node takes its time with the room; meanwhile the caller thinks again.
    const { promise: goOn, resolve } = Promise.withResolvers<void>();
    const { promise: asked, resolve: noteAsked } = Promise.withResolvers<void>();
    await page.route('**/api/rooms', async route => {
      noteAsked();
      await goOn;
      await route.continue();
    });
    const jobs = stack.agent.jobs.length;
    await callButton(page).click();
    await untilStatus(page, 'Joining the room');
    await asked;
    await page.getByRole('button', { name: 'Hang up' }).click();
    await untilStatus(page, 'You hung up');
    const answered = page.waitForResponse('**/api/rooms');
    resolve();
    await answered;
    t.equal(stack.agent.jobs.length, jobs, 'no agent was sent for');
    t.same(complaints, []);
  });

  for (const [microphone, words] of [
    ['refused', 'The microphone was refused.'],
    ['missing', 'There is no microphone.'],
  ] as const) {
    t.test(`the microphone is ${microphone}`, async t => {
      const jobs = stack.agent.jobs.length;
      const { page, close } = await stack.open(microphone);
      t.teardown(close);
      await enter(page, stack);
      await callButton(page).click();
      await page.getByRole('alert').getByText(words).waitFor();
      t.ok(await callButton(page).isEnabled());
      t.equal(stack.agent.jobs.length, jobs, 'no agent was sent for');
    });
  }

  t.test('no agent comes', async t => {
    stack.agent.setAvailable(false);
    const { page, close } = await stack.open();
    t.teardown(close);
    await page.clock.install();
    await enter(page, stack);
    await callButton(page).click();
    await untilStatus(page, 'Waiting for the agent');
    await page.clock.fastForward(13_000);
    await page.getByRole('alert').getByText('No agent came into the room.').waitFor();
    t.ok(await callButton(page).isEnabled());
    stack.agent.setAvailable(true);
  });

  t.test('livekit-server is away', async t => {
    const { page, close } = await stack.open();
    t.teardown(close);
    await enter(page, stack);
    await stack.stopLiveKit();
    await callButton(page).click();
    await page.getByRole('alert').getByText('The room could not be joined.').waitFor();
    t.ok(await callButton(page).isEnabled());
  });
}

if (livekit === undefined || chromium === undefined) {
  t.pass('a call through the page', { skip: 'needs livekit-server and Chromium' });
} else {
  const stack = await startPageStack({ livekit, chromium });
  t.teardown(async () => {
    await stack.end();
    await dispose();
  });
  await suite(stack);
}
