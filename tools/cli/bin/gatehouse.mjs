#!/usr/bin/env node
// The entrance: runs on any Node.js >= 20 with nothing installed. Installs what the lock file names if it is not there, then hands
// over to the pinned Node.js and the real command line (src/main.ts).
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { ensureInstalled } from './install.mjs';

const root = fileURLToPath(new URL('../../..', import.meta.url));

process.stderr.on('error', () => undefined); // nobody reads what is told: no reason to end an installation half-way

const major = Number(process.versions.node.split('.')[0]);
if (major < 20) fail(`Node.js ${process.versions.node} is too old: install version 20 or newer.`);

await ensureInstalled(root).catch((error) => fail(error.message));

const node = join(root, 'node_modules/node/bin', process.platform === 'win32' ? 'node.exe' : 'node');
const hook = new URL('../swc-hook.mjs', import.meta.url).href;
const main = fileURLToPath(new URL('../src/main.ts', import.meta.url));
// The young generation as docker/Dockerfile has it: a service runs in this process.
const flags = ['--max-semi-space-size=16', '--conditions=@gatehouse/source', '--import', hook];
const child = spawn(node, [...flags, main, ...process.argv.slice(2)], {
  stdio: 'inherit',
  env: {
    ...process.env,
    PATH: `${join(root, 'node_modules/.bin')}${process.platform === 'win32' ? ';' : ':'}${process.env.PATH}`,
  },
});
// A supervisor sends a signal to this process only. A terminal sends Ctrl-C to the child too, which would take a second SIGINT as "at
// once": it gets SIGTERM, later, which changes nothing for one that is stopping.
process.on('SIGINT', () => setTimeout(() => child.kill('SIGTERM'), 300).unref());
process.on('SIGTERM', () => child.kill('SIGTERM'));
process.on('SIGHUP', () => child.kill('SIGHUP'));
// npm passes SIGTERM to its shell, which dies without passing it on: then nobody would be left to stop us.
if (process.env.npm_execpath) {
  const parent = process.ppid;
  setInterval(() => process.ppid === parent || child.kill('SIGTERM'), 200).unref();
}
child.on('error', (error) => fail(`cannot run ${node}: ${error.message}\nDelete node_modules and try again.`));
child.on('exit', (code, signal) => process.exit(code ?? (signal === 'SIGINT' ? 130 : 143)));

function fail(message) {
  process.stderr.write(`\ngatehouse: ${message}\n`);
  process.exit(1);
}
