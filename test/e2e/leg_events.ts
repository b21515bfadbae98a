import type { TestNode } from './test_node.ts';

/** Legs and transfers of a call as the event stream tells of them, in order: `leg.removed busy 486`, `transfer.ended taken 200`. */
function legEvents(text: string): string[] {
  return [...text.matchAll(/^event: ((?:leg|transfer)\.\w+)\ndata: (.*)$/gm)].map(([, type, data]) => {
    const { reason, result, status } = JSON.parse(data ?? '').detail;
    return [type, reason, result, status].filter(part => part !== undefined).join(' ');
  });
}

/** Follows the node's events from now on; what it returns tells those about legs and transfers so far. */
export async function followLegs(node: TestNode): Promise<() => string[]> {
  const answer = await node.get('/api/events');
  let text = '';
  const read = async (): Promise<void> => {
    for await (const chunk of answer.body ?? []) text += Buffer.from(chunk).toString();
  };
  read().catch(() => undefined);
  return () => legEvents(text);
}
