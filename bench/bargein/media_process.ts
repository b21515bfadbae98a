import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setEnvironmentData } from 'node:worker_threads';
import { nodePaths } from '../../src/config/paths.ts';
import { readRuntime } from '../../src/config/runtime.ts';
import { connectLink } from '../../src/ipc/link.ts';
import { createLogger } from '../../src/observe/log.ts';
import { run } from '../../src/roles/media.ts';
import { PROGRAMME_FOLDER, TICKS_FILE } from './media_files.ts';

/**
 * The media process of every node, but for its talk thread, in which an agent speaks without an end.
 * `node media_process.ts RUNTIME_FILE FOLDER`: the folder holds what the agent says, and takes how late ticks were.
 */
const [runtimeFile = '', folder = ''] = process.argv.slice(2);
const address = 'media-0';
const { project, config, socketPath, ownsLiveKit } = readRuntime(runtimeFile);
const log = createLogger(address, config.logLevel);
setEnvironmentData(PROGRAMME_FOLDER, folder);
process.env.NODE_ENV ??= 'production';
const link = await connectLink({ address, socketPath, log });
const latenessP99Ms: number[] = [];
const send = link.send.bind(link);
link.send = (to, message) => {
  if (message.type === 'load' && to === 'edge' && message.calls > 0)
    latenessP99Ms.push(message.tickLatenessP99Ms);
  send(to, message);
};
const end = (): void => {
  writeFileSync(join(folder, TICKS_FILE), JSON.stringify(latenessP99Ms));
  process.exit(0);
};
process.on('SIGINT', end);
link.onLost(end);
const context = {
  address,
  config,
  paths: nodePaths(project, config),
  ownsLiveKit,
  runtimeFile,
  link,
  log,
} as const;
await run(context, new URL('talk_thread.ts', import.meta.url));
