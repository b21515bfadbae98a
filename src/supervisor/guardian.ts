const ALIVE_EVERY_MS = 1000;

/**
 * Tells the small process that has started this one (bin/keep_running.mjs), where one has, that it lives, and once when
 * the node is up. Without such words it is taken to hang, and killed; the next one takes over what it had started.
 */
export function tellGuardian(): { readonly up: () => void; readonly close: () => void } {
  // A guardian that is gone is nothing to wait for.
  process.channel?.unref();
  const timer = setInterval(() => tell('alive'), ALIVE_EVERY_MS);
  timer.unref();
  tell('alive');
  return { up: () => tell('up'), close: () => clearInterval(timer) };
}

function tell(word: 'alive' | 'up'): void {
  if (process.connected) process.send?.(word, undefined, undefined, () => undefined);
}
