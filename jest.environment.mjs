// Jest's environment without a `vm` context: the globals are those of the process. What a test file changed of them is put back behind it.
import { constants } from 'node:os';
import { ModernFakeTimers } from '@jest/fake-timers';
import { ModuleMocker } from 'jest-mock';

// Interrupted, a process ends without a word: then what ends with it (an embedded database) would not.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'])
  process.on(signal, () => process.exit(128 + constants.signals[signal]));

export default class RealmEnvironment {
  global = globalThis;
  moduleMocker = new ModuleMocker(globalThis);

  constructor({ projectConfig }) {
    this.fakeTimersModern = new ModernFakeTimers({ config: projectConfig, global: globalThis });
    this.before = {
      console,
      exit: process.exit,
      exitCode: process.exitCode,
      env: { ...process.env },
      listeners: listeners(),
    };
  }

  async setup() {
    Error.prepareStackTrace = undefined; // Jest's own knows only what it has transformed itself; Node's knows the maps of all
    Error.stackTraceLimit = 20; // and not Jest's 100: a service makes an error for each of the thousands of requests that it refuses
  }

  async teardown() {
    this.fakeTimersModern.dispose();
    const { console, exit, exitCode, env, listeners: kept } = this.before;
    globalThis.console = console;
    Object.assign(process, { exit, exitCode });
    for (const name of Object.keys(process.env)) if (!(name in env)) delete process.env[name];
    Object.assign(process.env, env);
    for (const [event, now] of listeners())
      for (const one of now) if (!kept.get(event)?.includes(one)) process.removeListener(event, one);
  }

  exportConditions() {
    return [];
  }

  getVmContext() {
    return null;
  }
}

const listeners = () => new Map(process.eventNames().map((event) => [event, process.rawListeners(event)]));
