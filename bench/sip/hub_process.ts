import { readRuntime } from '../../src/config/runtime.ts';
import { createHub } from '../../src/ipc/hub.ts';
import { createLogger } from '../../src/observe/log.ts';

/** What of the supervisor takes part in calls: the hub. Prints who is ready. `node hub_process.ts RUNTIME_FILE` */
const { socketPath, config } = readRuntime(process.argv[2] ?? '');
const hub = await createHub({ socketPath, log: createLogger('supervisor', config.logLevel) });
hub.on('ready', (_, from) => process.stdout.write(`${from}\n`));
process.stdout.write('hub\n');
