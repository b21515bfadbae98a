import { existsSync, writeFileSync } from 'node:fs';
import { type Browser, chromium } from 'playwright-core';

/** The browser of the environment, or the system's. */
export function findChromium(): string | undefined {
  return [process.env.TEST_CHROMIUM ?? '', '/usr/bin/chromium', '/usr/bin/google-chrome'].find(
    path => path !== '' && existsSync(path),
  );
}

/**
 * Chromium takes the last list alone, so this one has Playwright's own (its chromiumSwitches.ts) too; the rest are parts of the
 * address bar, each a page with a renderer of its own in every window, which nobody sees: half of what a window costs.
 */
const DISABLED_FEATURES = [
  'AvoidUnnecessaryBeforeUnloadCheckSync',
  'DestroyProfileOnBrowserClose',
  'HttpsUpgrades',
  'HttpsFirstBalancedModeAutoEnable',
  'LensOverlay',
  'MediaRouter',
  'PaintHolding',
  'ThirdPartyStoragePartitioning',
  'AvoidCorsURLLoaderRestartOnRedirect',
  'OptimizationHints',
  'NetworkTimeServiceQuerying',
  'AimEnabled',
  'PreconnectToSearch',
  'WebUIOmniboxPopup',
  'WebUIOmniboxAimPopup',
  'PreloadTopChromeWebUI',
];

/** A browser without a screen that speaks to nobody but the page; its microphone is a fake one, as the options say. */
export function launchChromium(executablePath: string, ...microphone: string[]): Promise<Browser> {
  return chromium.launch({
    executablePath,
    args: [
      '--no-sandbox',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-default-apps',
      `--disable-features=${DISABLED_FEATURES.join(',')}`,
      '--disable-sync',
      '--no-first-run',
      '--no-proxy-server',
      '--use-fake-device-for-media-stream',
      ...microphone,
    ],
  });
}

const TONE_RATE_HZ = 16_000;

/** A WAV of one second: 300 ms of a 440 Hz tone, then silence; browsers play it again and again. */
export function writeToneWav(file: string): void {
  const header = Buffer.alloc(44);
  const samples = Buffer.alloc(TONE_RATE_HZ * 2);
  for (let at = 0; at < TONE_RATE_HZ * 0.3; at += 1) {
    samples.writeInt16LE(Math.round(9000 * Math.sin((2 * Math.PI * 440 * at) / TONE_RATE_HZ)), at * 2);
  }
  header.write('RIFF', 0);
  header.writeUInt32LE(36 + samples.length, 4);
  header.write('WAVEfmt ', 8);
  header.writeUInt32LE(16, 16);
  header.writeUInt16LE(1, 20);
  header.writeUInt16LE(1, 22);
  header.writeUInt32LE(TONE_RATE_HZ, 24);
  header.writeUInt32LE(TONE_RATE_HZ * 2, 28);
  header.writeUInt16LE(2, 32);
  header.writeUInt16LE(16, 34);
  header.write('data', 36);
  header.writeUInt32LE(samples.length, 40);
  writeFileSync(file, Buffer.concat([header, samples]));
}
