// What a start needs of the machine: the pinned Node.js, room on the disk, and a state folder that only its owner reads.
import { access, constants, readdir, readFile, stat, statfs } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Finding } from './finding.ts';

const MEBIBYTE = 1_048_576;
/** The embedded database and its write-ahead log, with some days of use. */
const ENOUGH_MIB = 1_024;
/** Below, PostgreSQL is about to stop. */
const LEAST_MIB = 200;

/** Whether this is the Node.js of the lock file. */
export async function checkNode(root: string): Promise<Finding> {
  const manifest = JSON.parse(await readFile(join(root, 'package.json'), 'utf8')) as {
    devDependencies: { node: string };
  };
  const [pinned, used] = [manifest.devDependencies.node, process.versions.node];
  if (pinned === used) return { check: 'node', level: 'ok', message: `Node.js ${used}, as pinned` };
  return { check: 'node', level: 'error', message: `Node.js ${used} runs, ${pinned} is pinned`, remedy: 'Run: npm ci' };
}

/** Whether there is room where the state is, or will be. */
export async function checkDisk(stateFolder: string): Promise<Finding> {
  const folder = await nearest(stateFolder);
  const { bavail, bsize } = await statfs(folder);
  const free = Math.floor((bavail * bsize) / MEBIBYTE);
  const message = `${free} MiB free at ${folder}`;
  if (free >= ENOUGH_MIB) return { check: 'disk', level: 'ok', message };
  const remedy = 'Free some space, or set GATEHOUSE_STATE to a folder on another disk.';
  return { check: 'disk', level: free < LEAST_MIB ? 'error' : 'warn', message, remedy };
}

/** Whether the state folder can be written to, and whether each private key in it is its owner's alone. */
export async function checkState(stateFolder: string): Promise<Finding[]> {
  const folder = await nearest(stateFolder);
  const writable = await access(folder, constants.W_OK).then(
    () => true,
    () => false,
  );
  if (!writable) {
    const remedy = 'Set GATEHOUSE_STATE to a folder of your own.';
    return [{ check: 'state', level: 'error', message: `${folder} cannot be written to`, remedy }];
  }
  if (folder !== stateFolder)
    return [{ check: 'state', level: 'ok', message: `${stateFolder} is not there yet: the first start makes it` }];
  const open = await openKeys(stateFolder);
  if (open.length === 0)
    return [{ check: 'state', level: 'ok', message: `${stateFolder}: its keys are its owner's alone` }];
  return open.map((file) => ({
    check: 'state',
    level: 'error',
    message: `others may read the private key ${file}`,
    remedy: `Run: chmod 600 '${file}', and delete it where others had the time to: the next start makes another.`,
  }));
}

/** The folder, or the nearest one above it that is there. */
async function nearest(folder: string): Promise<string> {
  const there = await stat(folder).catch(() => undefined);
  return there || dirname(folder) === folder ? folder : nearest(dirname(folder));
}

/** Private keys that group or others may read. Data folders of servers are not looked into. */
async function openKeys(stateFolder: string): Promise<string[]> {
  if (process.platform === 'win32') return [];
  const services = await readdir(stateFolder);
  const folders = ['ca', 'secrets', ...services.map((name) => join(name, 'tls'))];
  const found = await Promise.all(folders.map((folder) => openKeysIn(join(stateFolder, folder))));
  return found.flat().toSorted();
}

async function openKeysIn(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { withFileTypes: true }).catch(() => []);
  const open = entries.map(async (entry) => {
    const file = join(folder, entry.name);
    if (!entry.isFile() || ((await stat(file)).mode & 0o077) === 0) return [];
    return (await readFile(file, 'utf8')).includes('PRIVATE KEY') ? [file] : [];
  });
  return (await Promise.all(open)).flat();
}
