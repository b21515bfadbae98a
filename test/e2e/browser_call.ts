import type { Page } from 'playwright-core';
import type { Test } from 'tap';
import type { TalkReport } from '../../bench/caller/report.ts';
import { findChromium, launchChromium } from '../web/chromium.ts';
import { callFromPage } from './browser_caller.ts';
import type { CallDetail, TestNode } from './test_node.ts';

/** The transcript as the page shows it, without the times. */
async function shownTurns(page: Page): Promise<string[]> {
  const lines = await page.getByRole('log').locator('.line').all();
  return Promise.all(
    lines.map(
      async line =>
        `${await line.locator('b').textContent()}: ${await line.locator('.line-text').textContent()}`,
    ),
  );
}

function turnsOf({ turns }: CallDetail): string[] {
  return turns
    .filter(({ text }) => text !== '')
    .map(({ speaker, text, interrupted }) => {
      const tag = interrupted === true ? ' interrupted' : '';
      return `${speaker === 'agent' ? 'Agent' : 'You'}: ${text}${tag}`;
    });
}

/** What the agent says first is on the page while the call goes on. */
async function showsGreetingLive(t: Test, page: Page): Promise<void> {
  await page.getByRole('log').getByText('automated assistant').waitFor({ timeout: 0 });
  t.equal(await page.getByRole('status').textContent(), 'Connected');
}

async function pageEqualsRecord(t: Test, page: Page, node: TestNode, call: TalkReport): Promise<void> {
  await page.getByRole('rowheader', { name: 'Total' }).waitFor();
  const callId = await page
    .locator('#record dt', { hasText: /^Call$/ })
    .locator('+ dd')
    .textContent();
  const record = await node.call(callId ?? '');
  t.match(record, { state: 'COMPLETED', outcome: call.agentOutcome, endReason: 'completed' });
  const slots = Object.fromEntries(record.slots.map(({ slot, value }) => [slot, value]));
  t.match(slots, call.slots, 'the slots are those of the script');
  t.same(await shownTurns(page), turnsOf(record));
  t.ok(record.latencies.length > 5, 'answers have their latencies');
  t.equal(await page.locator('#latencies tbody tr').count(), record.latencies.length);
  t.ok(record.recordings[0]!.durationMs! > 30_000, 'the call was recorded from consent on');
}

/**
 * A caller at the tester page, in a real browser, from the button to the agent's goodbye.
 * @returns whether the caller reached the goal
 */
export async function callThroughPage(t: Test, node: TestNode, seed: number): Promise<boolean> {
  const browser = await launchChromium(findChromium()!, '--use-fake-ui-for-media-stream');
  t.teardown(() => browser.close());
  const page = await browser.newPage({ viewport: { width: 1180, height: 900 } });
  const [call] = await Promise.all([callFromPage(node, page, seed), showsGreetingLive(t, page)]);
  t.match(call.turns[0]?.text, /automated assistant/, 'its first words are heard in the browser');
  if (call.outcome !== 'completed') return false;
  t.equal(call.endedBy, 'agent');
  t.equal(await page.getByRole('status').textContent(), 'The agent hung up');
  t.equal(call.quoteAgrees, true, 'the total spoken in the browser equals the recomputed one');
  await pageEqualsRecord(t, page, node, call);
  return true;
}
