/** Program of the watchdog: `node watchdog_process.ts RUN_FOLDER`, with a pipe from the supervisor as its stdin. */
const [runFolder] = process.argv.slice(2);

if (runFolder !== undefined) {
  process.stdin.resume().once('close', async () => {
    // Loaded when needed: until then, which should be for ever, it takes no memory.
    const { standIn } = await import('./after_supervisor.ts');
    await standIn(runFolder);
    process.exit(0);
  });
}
