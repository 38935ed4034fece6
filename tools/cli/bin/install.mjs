// Installs the dependencies when what is installed is not what the lock file says; otherwise costs some 20 ms. Plain JavaScript
// for Node.js >= 20, without dependencies: nothing else can be there yet.
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { accessSync, constants, existsSync, mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';

/** @throws Error whose message says what is wrong and how to mend it */
export async function ensureInstalled(root) {
  const reason = whyInstall(root);
  if (!reason) return;
  checkFolder(root);
  const release = await lock(root);
  try {
    if (!whyInstall(root)) return; // another command has installed them meanwhile
    process.stderr.write(`Installing the dependencies (${reason}): about a minute, 600 MB, once.\n`);
    await npmCi(root);
  } finally {
    release();
  }
}

/**
 * Two installations at once in one checkout would delete each other's files: the second waits. The lock is a folder outside of
 * it (npm ci empties node_modules) and names its process, so that one left by a killed command counts for nothing.
 */
export async function lock(root) {
  const name = createHash('sha256').update(resolve(root)).digest('hex').slice(0, 16);
  const folder = join(tmpdir(), `gatehouse-install-${process.getuid?.() ?? 'user'}-${name}`);
  const owner = join(folder, 'pid');
  for (let waited = false; ; waited = true) {
    try {
      mkdirSync(folder, { mode: 0o700 });
      writeFileSync(owner, String(process.pid));
      return () => rmSync(folder, { recursive: true, force: true });
    } catch (error) {
      if (error.code !== 'EEXIST') throw error;
    }
    if (!isHeld(folder, owner)) {
      rmSync(folder, { recursive: true, force: true });
      continue;
    }
    if (!waited) process.stderr.write('Another command is installing the dependencies: waiting for it.\n');
    await delay(250);
  }
}

/** Whether its process lives; one without a number yet has a second to write it. */
function isHeld(folder, owner) {
  try {
    process.kill(Number(readFileSync(owner, 'utf8') || NaN), 0);
    return true;
  } catch (error) {
    if (error.code === 'EPERM') return true;
    if (error.code === 'ESRCH') return false;
    const { mtimeMs } = statSync(folder, { throwIfNoEntry: false }) ?? { mtimeMs: 0 };
    return Date.now() - mtimeMs < 1_000;
  }
}

/** Why an installation is needed, or nothing. */
export function whyInstall(root) {
  const installed = readJson(join(root, 'node_modules/.package-lock.json'));
  if (!installed) return 'none yet';
  const wanted = readJson(join(root, 'package-lock.json'));
  if (!wanted)
    throw new Error('package-lock.json is missing or damaged: restore it with "git checkout package-lock.json".');
  for (const [path, entry] of Object.entries(wanted.packages)) {
    if (path === '' || entry.optional || entry.peer) continue;
    const have = installed.packages[path];
    if (
      entry.link ? !existsSync(join(root, path)) : path.includes('node_modules/') && have?.version !== entry.version
    ) {
      return `${path.replace(/^.*node_modules\//, '')} is not as the lock file says`;
    }
  }
  const node = process.platform === 'win32' ? 'node.exe' : 'node';
  return existsSync(join(root, 'node_modules/node/bin', node)) ? undefined : 'the pinned Node.js is missing';
}

function checkFolder(root) {
  try {
    accessSync(root, constants.W_OK);
  } catch {
    const owner = statSync(root).uid;
    throw new Error(`${root} cannot be written to (its owner is user ${owner}): clone into a folder of your own.`);
  }
}

/** What npm says when it fails, and what mends it. */
const REMEDIES = [
  [/ENOSPC/, 'The disk is full: about 1 GB is needed. Free some space, or clone to another disk.'],
  [/EROFS|EACCES|EPERM/, 'A folder cannot be written to: clone into a folder of your own (and do not use sudo).'],
  [
    /ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ETIMEDOUT|ENETUNREACH|ECONNRESET/,
    'The package registry is not reached: check the network and npm\'s proxy settings ("npm config list").',
  ],
  [
    /SELF_SIGNED|UNABLE_TO_(GET|VERIFY)|CERT_/,
    'The registry\'s certificate is not trusted here: behind a company proxy, set npm\'s "cafile".',
  ],
];

function npmCi(root) {
  return new Promise((resolve, reject) => {
    const started = Date.now();
    const npm = process.env.npm_execpath?.endsWith('.js')
      ? [process.execPath, process.env.npm_execpath]
      : [process.platform === 'win32' ? 'npm.cmd' : 'npm'];
    const [command, ...args] = [...npm, 'ci', '--no-audit', '--no-fund', '--loglevel=error'];
    const child = spawn(command, args, {
      cwd: root,
      stdio: ['ignore', 'inherit', 'pipe'],
      shell: process.platform === 'win32',
    });
    let tail = '';
    child.stderr.on('data', (chunk) => {
      tail = (tail + chunk).slice(-8_000);
      process.stderr.write(chunk);
    });
    const progress = setInterval(() => {
      process.stderr.write(`  … ${Math.round((Date.now() - started) / 1000)} s\n`);
    }, 10_000);
    child.on('error', (error) => {
      clearInterval(progress);
      reject(new Error(`npm does not run (${error.message}): install Node.js with npm.`));
    });
    child.on('exit', (code) => {
      clearInterval(progress);
      if (code === 0) {
        process.stderr.write(`Installed in ${Math.round((Date.now() - started) / 1000)} s.\n`);
        return resolve();
      }
      const remedy =
        REMEDIES.find(([pattern]) => pattern.test(tail))?.[1] ?? 'Its messages are above. Try "npm ci" by hand.';
      reject(new Error(`the installation failed. ${remedy}`));
    });
  });
}

function readJson(path) {
  try {
    return JSON.parse(readFileSync(path, 'utf8'));
  } catch {
    return undefined;
  }
}
