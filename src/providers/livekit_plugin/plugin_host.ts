import { join } from 'node:path';
import { constants, Script } from 'node:vm';
import { chat } from './hosted_chat.ts';
import { listen } from './hosted_listening.ts';
import type { HostedRequest } from './hosted_request.ts';
import { speak } from './hosted_speech.ts';
import type { AgentsPackage, LlmPlugin, Plugin, SttPlugin, TtsPlugin } from './plugin_api.ts';
import { failureOf, PluginFailures } from './plugin_failure.ts';
import { type PluginLoad, type PluginReply, type PluginRequest, readReply } from './plugin_messages.ts';

/**
 * A process of its own for one plugin of LiveKit Agents, whose code is others': requests come from the parent over the channel,
 * and with it the process ends. Nothing that a plugin prints goes anywhere.
 */
const send = process.send?.bind(process);
// What the plugin wants to tell goes through here, or not at all.
Reflect.deleteProperty(process, 'send');
const failures = new PluginFailures();
const requests = new Map<number, HostedRequest>();
let loading = Promise.resolve();
let loaded: { readonly agents: AgentsPackage; readonly plugin: Plugin } | undefined;

class Unusable extends Error {
  readonly why: Extract<PluginReply, { type: 'unusable' }>['why'];

  constructor(why: Unusable['why']) {
    super(why);
    this.why = why;
  }
}

function tell(reply: PluginReply): void {
  const known = readReply(reply);
  if (!process.connected) return;
  if (known !== undefined) send?.(known, undefined, undefined, () => {});
  else if ('id' in reply) {
    // The plugin gave what makes no sense: that is the end of this request, not of the process.
    requests.get(reply.id)?.stop();
    forget(reply.id);
    send?.({ type: 'failed', id: reply.id, kind: 'protocol' } satisfies PluginReply);
  }
}

async function load(request: PluginLoad): Promise<void> {
  try {
    // Resolved as if by a module of that folder; the name is a package's, never a path.
    const importFrom: (name: string) => Promise<Record<string, unknown>> = new Script(
      'name => import(name)',
      {
        filename: join(request.folder, 'package.json'),
        importModuleDynamically: constants.USE_MAIN_CONTEXT_DEFAULT_LOADER,
      },
    ).runInThisContext();
    const agents = (await imported(importFrom('@livekit/agents'))) as unknown as AgentsPackage;
    agents.initializeLogger({ pretty: false, level: 'silent' });
    const exported = (await imported(importFrom(request.package)))[request.className];
    if (typeof exported !== 'function') throw new Unusable('noClass');
    const plugin = construct(exported as new (options: object) => Plugin, request);
    plugin.on('error', ({ error }) => failures.note(error));
    loaded = { agents, plugin };
    const { alignedTranscript } = (plugin as TtsPlugin).capabilities ?? {};
    tell({ type: 'ready', timesWords: alignedTranscript === true });
  } catch (error) {
    tell({ type: 'unusable', why: error instanceof Unusable ? error.why : 'throws' });
    process.disconnect();
  }
}

async function imported(module: Promise<Record<string, unknown>>): Promise<Record<string, unknown>> {
  try {
    return await module;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    throw new Unusable(code === 'ERR_MODULE_NOT_FOUND' ? 'noPackage' : 'throws');
  }
}

function construct(
  PluginClass: new (options: object) => Plugin,
  { options, keyVariable }: PluginLoad,
): Plugin {
  const apiKey = keyVariable === undefined ? undefined : process.env[keyVariable];
  try {
    return new PluginClass({ ...options, ...(apiKey !== undefined && { apiKey }) });
  } catch {
    throw new Unusable('refuses');
  }
}

function handle(request: PluginRequest): void {
  if (request.type === 'load') loading = load(request);
  else if (request.type === 'ping') tell({ type: 'pong' });
  // In their order: whatever came while it was loaded is there before the next message is read.
  else if (loaded === undefined) void loading.then(() => handleLoaded(request));
  else handleLoaded(request);
}

function handleLoaded(request: Exclude<PluginRequest, { type: 'load' | 'ping' }>): void {
  if (request.type === 'prewarm') (loaded?.plugin as LlmPlugin | undefined)?.prewarm?.();
  else if (request.type === 'cancel') {
    requests.get(request.id)?.stop();
    forget(request.id);
  } else guarded(request.id, () => serve(request));
}

function serve(request: Extract<PluginRequest, { readonly id: number }>): void {
  if (loaded === undefined) throw new Error('nothing is loaded');
  const { id } = request;
  const { agents, plugin } = loaded;
  const place = {
    id,
    failures,
    tell: (news: Extract<PluginReply, { readonly id: number }>) => {
      // What belongs to a request that is over is nobody's any more.
      if (!requests.has(id)) return;
      if (news.type === 'done' || news.type === 'failed') forget(id);
      tell(news);
    },
  };
  if (request.type === 'audio') requests.get(id)?.audio?.(request.pcm);
  else if (request.type === 'finish') requests.get(id)?.finish?.();
  else {
    // It may tell something while it begins.
    requests.set(id, { stop: () => {} });
    let begun: HostedRequest | undefined;
    if (request.type === 'listen') begun = listen(plugin as SttPlugin, request, place);
    else if (request.type === 'chat') begun = chat(agents, plugin as LlmPlugin, request, place);
    else if (request.type === 'say') begun = speak(plugin as TtsPlugin, request, place);
    if (begun !== undefined && requests.has(id)) requests.set(id, begun);
  }
}

function guarded(id: number, work: () => void): void {
  try {
    work();
  } catch (error) {
    requests.get(id)?.stop();
    forget(id);
    tell({ type: 'failed', id, ...failureOf(error) });
  }
}

function forget(id: number): void {
  requests.delete(id);
  failures.forget(id);
}

// Plugins leave promises behind whose streams were given up; an exception that nobody catches ends the process, as ever.
process.on('unhandledRejection', () => {});
process.on('message', (request: PluginRequest) => handle(request));
process.once('disconnect', () => process.exit(0));
