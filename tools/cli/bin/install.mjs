// Installs the dependencies when what is installed is not what the lock file says; otherwise costs some 20 ms. Plain JavaScript
// for Node.js >= 20, without dependencies: nothing else can be there yet.
import { spawn } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { accessSync, constants, existsSync, linkSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
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
 * Two installations at once in one checkout would delete each other's files: the second waits. The lock is a file outside of it
 * (npm ci empties node_modules) and names its process, so that one left by a killed command counts for nothing.
 */
export async function lock(root) {
  const name = createHash('sha256').update(resolve(root)).digest('hex').slice(0, 16);
  const file = join(tmpdir(), `gatehouse-install-${process.getuid?.() ?? 'user'}-${name}.lock`);
  const owner = ownerOf();
  for (let waited = false; !take(file, owner);) {
    const holder = read(file);
    if (holder === undefined || (!isAlive(holder) && takeAway(file, holder))) continue;
    if (!waited) process.stderr.write('Another command is installing the dependencies: waiting for it.\n');
    waited = true;
    await delay(250);
  }
  return () => {
    if (read(file) === owner) rmSync(file, { force: true });
  };
}

const ownerOf = () => `${process.pid} ${randomBytes(9).toString('base64url')}`;

/** A link appears with its content or not at all. */
function take(file, owner) {
  const mine = `${file}.${randomBytes(6).toString('hex')}`;
  try {
    writeFileSync(mine, owner, { mode: 0o600, flag: 'wx' });
    linkSync(mine, file);
    return true;
  } catch (error) {
    if (error.code === 'EEXIST') return false;
    throw error;
  } finally {
    rmSync(mine, { force: true });
  }
}

/** Of many that saw the same dead owner, one has the right to remove just his lock; that of a living one is never away. */
function takeAway(file, holder) {
  const right = `${file}.${createHash('sha256').update(holder).digest('hex').slice(0, 16)}`;
  if (!take(right, ownerOf())) {
    const other = read(right);
    if (other !== undefined && !isAlive(other)) takeAway(right, other);
    return false;
  }
  if (read(file) === holder) rmSync(file, { force: true });
  rmSync(right, { force: true });
  return true;
}

function read(file) {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    if (error.code === 'ENOENT') return undefined;
    const remedy = 'remove it, or set TMPDIR to a folder of yours';
    throw new Error(`the lock ${file} cannot be read (${error.code}): ${remedy}.`, { cause: error });
  }
}

function isAlive(owner) {
  try {
    process.kill(Number(owner.split(' ')[0]), 0);
    return true;
  } catch (error) {
    return error.code === 'EPERM';
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
    if (path === '' || entry.optional || entry.peer || !hasPlace(root, path, entry)) continue;
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

/** Nothing can be installed for a workspace that is gone: removed by hand, or not on this branch. `gatehouse sync` takes it out. */
function hasPlace(root, path, { link, resolved }) {
  const [workspace] = link ? [resolved] : path.split(/(?:^|\/)node_modules\//);
  return workspace === '' || existsSync(join(root, workspace, 'package.json'));
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
