import { z } from 'zod';
import { TrunklineError } from '../../config/errors.ts';
import { unpackLadder } from '../../ladder/archive.ts';
import type { LadderEntry } from '../../ladder/entries.ts';
import { captureLadder } from '../../ladder/show/capture.ts';
import { drawLadder } from '../../ladder/show/picture.ts';
import { writeLadder } from '../../ladder/show/text.ts';
import { type LadderStep, viewLadder } from '../../ladder/show/view.ts';
import type { App, ControlPlane } from '../control_plane.ts';
import { failureSchema } from '../failures.ts';
import { callIdSchema, ladderSchema } from '../schemas.ts';

type ReadLadder = (tenantId: string, callId: string) => Promise<LadderEntry[]>;

const params = z.object({ callId: callIdSchema });

/** A form of a ladder as a file. */
interface LadderFile {
  readonly ending: 'txt' | 'svg' | 'pcap';
  readonly summary: string;
  readonly type: string;
  readonly disposition: 'inline' | 'attachment';
  render(entries: readonly LadderEntry[]): string | Buffer;
}

const FILES: readonly LadderFile[] = [
  {
    ending: 'txt',
    summary: "A call's ladder as text, every message whole",
    type: 'text/plain; charset=utf-8',
    disposition: 'inline',
    render: entries => writeLadder(viewLadder(entries)),
  },
  {
    ending: 'svg',
    summary: "A call's ladder as a picture",
    type: 'image/svg+xml; charset=utf-8',
    disposition: 'inline',
    render: entries => drawLadder(viewLadder(entries)),
  },
  {
    ending: 'pcap',
    summary: "A call's ladder as a capture for Wireshark",
    type: 'application/vnd.tcpdump.pcap',
    disposition: 'attachment',
    render: captureLadder,
  },
];

/** What crossed the wire in a call, SIP and RTCP, masked: for whoever asks why it did not work. */
export function routeLadders(app: App, { queries }: ControlPlane): void {
  const read: ReadLadder = async (tenantId, callId) => {
    const parts = await queries.laddersOf(tenantId, callId);
    if (parts.length === 0) throw new TrunklineError('NOT_FOUND', 'the call has no ladder');
    return unpackLadder(parts);
  };
  routeSteps(app, read);
  for (const file of FILES) routeFile(app, read, file);
}

function routeSteps(app: App, read: ReadLadder): void {
  app.get(
    '/api/calls/:callId/ladder',
    {
      schema: {
        tags: ['calls'],
        summary: "A call's ladder: SIP messages and RTCP reports in their order",
        params,
        response: { 200: ladderSchema, '4xx': failureSchema, '5xx': failureSchema },
      },
    },
    async ({ params: { callId }, tenantId }) => {
      const { columns, steps } = viewLadder(await read(tenantId, callId));
      return { columns, steps: steps.map(shownStep) };
    },
  );
}

function shownStep({ atMs, ...step }: LadderStep) {
  return { ...step, at: new Date(atMs).toISOString() };
}

function routeFile(
  app: App,
  read: ReadLadder,
  { ending, summary, type, disposition, render }: LadderFile,
): void {
  app.get(
    `/api/calls/:callId/ladder.${ending}`,
    { schema: { tags: ['calls'], summary, params, produces: [type] } },
    async ({ params: { callId }, tenantId }, reply) => {
      const entries = await read(tenantId, callId);
      reply.type(type).header('content-disposition', `${disposition}; filename="${callId}.${ending}"`);
      return reply.send(render(entries));
    },
  );
}
