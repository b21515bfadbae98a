import { z } from 'zod';

const TARGETS = z.array(z.object({ webSocketDebuggerUrl: z.string() })).min(1);
const ANSWER = z.object({ id: z.number(), result: z.object({ usedSize: z.number().exactOptional() }) });
/** Twice: what the first finds dead may have kept others alive. */
const COLLECT = ['HeapProfiler.enable', 'HeapProfiler.collectGarbage', 'HeapProfiler.collectGarbage'];

/** Bytes alive on the heap of a process with an inspector, after everything else was collected. */
export async function inspectedHeapBytes(port: number): Promise<number> {
  const response = await fetch(`http://127.0.0.1:${port}/json`);
  const [target] = TARGETS.parse(await response.json());
  const socket = new WebSocket(target!.webSocketDebuggerUrl);
  await new Promise((resolve, reject) => {
    socket.addEventListener('open', resolve, { once: true });
    socket.addEventListener('error', () => reject(new Error('no inspector')), { once: true });
  });
  try {
    for (const [id, method] of COLLECT.entries()) await ask(socket, id, method);
    return (await ask(socket, COLLECT.length, 'Runtime.getHeapUsage')) ?? 0;
  } finally {
    socket.close();
  }
}

/** One command of the inspector's protocol; events between are passed over. */
function ask(socket: WebSocket, id: number, method: string): Promise<number | undefined> {
  return new Promise(resolve => {
    const listen = (event: MessageEvent): void => {
      const answer = ANSWER.safeParse(JSON.parse(String(event.data)));
      if (answer.data?.id !== id) return;
      socket.removeEventListener('message', listen);
      resolve(answer.data.result.usedSize);
    };
    socket.addEventListener('message', listen);
    socket.send(JSON.stringify({ id, method }));
  });
}
