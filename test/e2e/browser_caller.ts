import { resolve } from 'node:path';
import type { Page } from 'playwright-core';
import { COOPERATIVE } from '../../bench/caller/behaviour.ts';
import { openEars, openVoice } from '../../bench/caller/local_speech.ts';
import { holdTalk } from '../../bench/caller/place.ts';
import type { TalkReport } from '../../bench/caller/report.ts';
import { localDate } from '../../bench/caller/script.ts';
import { loadConfig } from '../../src/config/load.ts';
import { loadFlow } from '../../src/workflow/load.ts';
import { ROOT } from '../tidy/sources.ts';
import { BrowserWire } from './browser_wire.ts';
import type { TestNode } from './test_node.ts';

const WATCHER = { turn: () => {}, interrupted: () => {}, ended: () => {} };
const MAX_SECONDS = 360;

/** The caller in the box, in front of the node's tester page instead of a telephone. */
export async function callFromPage(node: TestNode, page: Page, seed: number): Promise<TalkReport> {
  const config = loadConfig(node.configFile);
  const flow = await loadFlow(resolve(ROOT, config.workflows.dir), config.workflows.default);
  const [stt, tts] = await Promise.all([openEars(config), openVoice(config, 'rms')]);
  try {
    const talk = await holdTalk(
      {
        seed,
        flow,
        stt,
        tts,
        behaviour: { ...COOPERATIVE, maxSeconds: MAX_SECONDS },
        todayIso: localDate(new Date()),
        watcher: WATCHER,
      },
      new AbortController().signal,
      ends => BrowserWire.place(page, node.pageUrl, ends),
    );
    return talk.report;
  } finally {
    await Promise.all([stt.close(), tts.close()]);
  }
}
