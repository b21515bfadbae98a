import { TrunklineError } from '../../config/errors.ts';
import type { HostReply, HostRequest } from './host_messages.ts';
import { Recogniser, type RecogniserOptions } from './recogniser.ts';
import type { Utterance } from './utterance.ts';

/** The recogniser's own process: requests come from its parent over the channel, and with it the process ends. */
const recogniser = await Recogniser.create(JSON.parse(process.argv[2] ?? '{}') as RecogniserOptions);
const utterances = new Map<number, Utterance>();

function handle(request: HostRequest): void {
  switch (request.type) {
    case 'grammar':
      recogniser.addGrammar(request.grammarId, request.jsgf);
      break;
    case 'open':
      open(request);
      break;
    case 'audio':
      utterances.get(request.id)?.write(request.pcm);
      break;
    case 'settle':
      void settle(request);
      break;
    case 'finish':
      void finish(request.id);
      break;
    case 'cancel':
      utterances.get(request.id)?.cancel();
      utterances.delete(request.id);
  }
}

function open({ id, rateHz, grammarId, partials }: HostRequest & { type: 'open' }): void {
  const onPartial = (text: string) => reply({ type: 'partial', id, text });
  utterances.set(id, recogniser.open(rateHz, grammarId, partials ? onPartial : undefined));
}

async function settle({ id, ask }: HostRequest & { type: 'settle' }): Promise<void> {
  const recognition = await utterances
    .get(id)
    ?.settle()
    .catch(() => undefined);
  reply({ type: 'settled', id, ask, recognition });
}

async function finish(id: number): Promise<void> {
  const utterance = utterances.get(id);
  if (utterance === undefined) return;
  utterances.delete(id);
  try {
    reply({ type: 'final', id, recognition: await utterance.finish() });
  } catch (error) {
    const { code, detail } =
      error instanceof TrunklineError
        ? error
        : new TrunklineError('STT_FAILED', 'the search failed', { cause: error });
    reply({ type: 'failed', id, code, detail });
  }
}

function reply(message: HostReply): void {
  // The parent may just be leaving.
  if (process.connected) process.send?.(message, () => undefined);
}

process.on('message', (request: HostRequest) => handle(request));
process.once('disconnect', () => {
  utterances.clear();
  void recogniser.close().finally(() => process.exit(0));
});
process.send?.({ type: 'ready' } satisfies HostReply);
