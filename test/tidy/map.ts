/**
 * The map of the house: which folder may import from which. Imports go down only; a folder may always import from
 * itself. Longest prefix wins.
 */
export const MAP: Readonly<Record<string, readonly string[]>> = {
  models: [],
  pipeline: ['models'],
  sip: [],
  'src/config': [],
  'src/observe': ['src/config'],
  'src/ipc': ['src/config', 'src/observe'],
  'src/compliance': ['src/config', 'src/observe'],
  // What is measured of a call, and how lines are rated by it.
  'src/quality': [],
  'src/store': [
    'src/config',
    'src/observe',
    'src/compliance',
    'src/quality/measures.ts',
    'src/workflow/versions/lifecycle.ts',
  ],
  // Words for numbers: agents and the synthesiser both say them, and neither may import the other.
  'src/spoken': [],
  // Voices speak at rates of their own.
  'src/providers': ['pipeline/resample.ts', 'src/spoken', 'src/config', 'src/observe'],
  'src/workflow': ['src/spoken', 'src/config', 'src/providers/types.ts'],
  // The systems of others behind tools.
  'src/integrations': ['src/agent/tools/tool_runner.ts', 'src/agent/tools/tool_try.ts', 'src/config'],
  'src/recording': ['src/config', 'src/observe', 'src/calls/slot_buffers.ts', 'src/calls/ring.ts'],
  'src/telephony': ['sip', 'src/config'],
  // What crossed the wire in a call: masked, kept, shown.
  'src/ladder': ['sip', 'src/config', 'src/store/events.ts'],
  'src/lines': ['pipeline', 'sip', 'src/config', 'src/observe'],
  'src/agent': [
    'pipeline/frame.ts',
    'pipeline/turn/turn_event.ts',
    'src/providers',
    'src/workflow',
    'src/config',
    'src/observe',
    'src/store/events.ts',
  ],
  'src/calls': [
    'models',
    'pipeline',
    'src/agent',
    'src/ladder',
    'src/lines',
    'src/recording',
    'src/store',
    'src/providers',
    'src/quality',
    'src/workflow',
    'src/ipc',
    'src/compliance',
    'src/config',
    'src/observe',
  ],
  // Text in place of a line, through the same engine as calls.
  'src/chat': [
    'src/agent',
    'src/workflow',
    'src/providers/types.ts',
    'src/calls/fault.ts',
    'src/store',
    'src/config',
    'src/observe',
  ],
  // What is done after calls, by processes of its own.
  'src/jobs': [
    'src/agent/tools',
    'src/calls/fault.ts',
    'src/workflow/tools.ts',
    'src/store',
    'src/config',
    'src/observe',
  ],
  // The edge's side of a phone call; the media process's side is src/lines.
  'src/signalling': [
    'sip',
    'src/calls/admission.ts',
    'src/calls/assignment.ts',
    'src/lines/trunk_stream.ts',
    'src/telephony',
    'src/ladder',
    'src/store/events.ts',
    'src/ipc',
    'src/config',
    'src/observe',
  ],
  'src/http': [
    'src/calls/fault.ts',
    'src/chat',
    'src/ladder',
    'src/quality/measures.ts',
    'src/store',
    'src/compliance',
    'src/workflow',
    'src/ipc',
    'src/config',
    'src/observe',
  ],
  'src/supervisor': [
    'pipeline/kernels/build.ts',
    'src/telephony',
    'src/workflow/document.ts',
    'src/ipc',
    'src/store',
    'src/compliance',
    'src/config',
    'src/observe',
  ],
  'src/roles': ['models', 'pipeline', 'sip/rtp/send_spread.ts', 'src', 'web/build.ts'],
  'src/main.ts': ['src'],
  web: [],
  // A system of somebody else's, for agents to work with: it shares with the node only what any receiver would need.
  demo: [
    'src/agent/tools/webhook_signature.ts',
    'src/store/embedded_postgres.ts',
    'src/compliance/secret_file.ts',
    'src/config',
  ],
  // Scripted providers are servers of the tests.
  bench: ['models', 'pipeline', 'sip', 'src', 'test/providers/servers'],
  // Callers who test the agents; they hear what a caller hears, and check what they were told.
  simulate: ['src', 'demo', 'bench/caller', 'bench/bargein/verdict.ts', 'test/providers/servers'],
  tools: [
    'models',
    'pipeline',
    'src/config',
    'src/workflow',
    'bench/caller/lettering.ts',
    'bench/caller/png.ts',
    'bench/wire/codec.ts',
  ],
  test: ['models', 'pipeline', 'sip', 'src', 'demo', 'bench', 'simulate', 'tools', 'web'],
  bin: [],
};
