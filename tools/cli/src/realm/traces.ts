// What one test file could leave to the next in the same process. Two spec files look for it and leave it: the second would find it.
let calls = 0;

/** Names what an earlier test file has left, and leaves the same. */
export function findTraces(): string[] {
  const found = {
    'the state of a module': calls > 0,
    'a variable of the environment': process.env.GATEHOUSE_TEST_TRACE !== undefined,
    'a listener of the process': process.listenerCount('SIGUSR2') > 0,
  };
  calls += 1;
  process.env.GATEHOUSE_TEST_TRACE = 'left';
  process.on('SIGUSR2', () => undefined);
  return Object.entries(found).flatMap(([what, isThere]) => (isThere ? [what] : []));
}
