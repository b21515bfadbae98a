// `npm start` without its look at the npm packages, for images that have them: a node, with another supervisor where one is killed.
import { fail } from './failure.mjs';
import { keepRunning } from './keep_running.mjs';

try {
  keepRunning('src/main.ts', process.argv.slice(2));
} catch (error) {
  fail(error);
}
