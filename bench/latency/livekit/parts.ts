import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { loadConfig } from '../../../src/config/load.ts';
import { nodePaths } from '../../../src/config/paths.ts';
import { findGoTool, type GoTool, LIVEKIT_SERVER, LIVEKIT_SIP } from '../../../src/supervisor/go_tool.ts';
import type { LiveKitPrograms } from '../../livekit_peer/stack.ts';
import { PROJECT } from '../../node.ts';

const PACKAGES = [
  '@livekit/agents',
  '@livekit/agents-plugin-deepgram',
  '@livekit/agents-plugin-openai',
  '@livekit/agents-plugin-cartesia',
  '@livekit/local-inference',
  '@livekit/rtc-node',
] as const;

/** What LiveKit's chain is made of, as far as it is on this machine. */
export interface LiveKitParts {
  readonly programs: LiveKitPrograms;
  readonly versions: Readonly<Record<string, string>>;
}

/**
 * Finds the programs that `npm start` builds, and the packages that come with the tests.
 * @throws Error with what is missing
 */
export async function findLiveKitParts(configFile: string): Promise<LiveKitParts> {
  const config = loadConfig(resolve(configFile));
  const { tools } = nodePaths(PROJECT, config);
  const find = async (tool: GoTool, configured: string) => {
    const found = await findGoTool(tool, configured, tools, new AbortController().signal);
    if (found === undefined) throw new Error(`no ${tool.name}: npm start builds it`);
    return found;
  };
  const server = await find(LIVEKIT_SERVER, config.livekit.serverPath);
  const sip = await find(LIVEKIT_SIP, config.livekit.sip.path);
  return {
    programs: { livekitServer: server.path, livekitSip: sip.path },
    versions: {
      'livekit-server': server.version,
      'livekit-sip': sip.version,
      ...Object.fromEntries(PACKAGES.map(name => [name, versionOf(name)])),
    },
  };
}

function versionOf(name: string): string {
  try {
    const text = readFileSync(join(PROJECT, 'node_modules', name, 'package.json'), 'utf8');
    return (JSON.parse(text) as { version: string }).version;
  } catch {
    throw new Error(`no ${name}: npm install brings it`);
  }
}
