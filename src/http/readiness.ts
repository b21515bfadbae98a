/** A part that the node needs for calls; resolves when it is there. */
export type PartCheck = () => Promise<void> | void;

export type Readiness = {
  readonly ready: boolean;
  readonly parts: Readonly<Record<string, 'up' | 'down'>>;
};

/**
 * Asks all parts at once, each within its time. Questions that come while one is in hand share its answer, so that
 * nobody can make a node ask its database faster than it answers.
 */
export function createReadiness(
  checks: Readonly<Record<string, PartCheck>>,
  timeoutMs: number,
): () => Promise<Readiness> {
  let inHand: Promise<Readiness> | undefined;
  return () => {
    inHand ??= ask(checks, timeoutMs).finally(() => {
      inHand = undefined;
    });
    return inHand;
  };
}

async function ask(checks: Readonly<Record<string, PartCheck>>, timeoutMs: number): Promise<Readiness> {
  const answers = await Promise.all(
    Object.entries(checks).map(async ([part, check]) => {
      const up = await within(timeoutMs, check);
      return [part, up ? 'up' : 'down'] as const;
    }),
  );
  return { ready: answers.every(([, state]) => state === 'up'), parts: Object.fromEntries(answers) };
}

async function within(timeoutMs: number, check: PartCheck): Promise<boolean> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<boolean>(resolve => {
    timer = setTimeout(() => resolve(false), timeoutMs);
  });
  const asked = (async () => {
    await check();
    return true;
  })().catch(() => false);
  const up = await Promise.race([asked, late]);
  clearTimeout(timer);
  return up;
}
