// Listens, or says in one line why not: which port, which process holds it, and the setting that moves it.
import { execFile } from 'node:child_process';
import { readdir, readFile, readlink } from 'node:fs/promises';
import type { AddressInfo, Server } from 'node:net';
import { ConfigurationError } from './config/configuration.error.ts';

/**
 * @param setting the environment variable that changes the port
 * @returns the port in use, which differs from `port` when that is 0
 * @throws ConfigurationError when the port is taken, not allowed, or the address is not this machine's
 */
export async function listen(server: Server, host: string, port: number, setting: string): Promise<number> {
  const failure = await new Promise<NodeJS.ErrnoException | undefined>((resolve) => {
    server.once('error', resolve);
    server.listen({ host, port }, () => {
      server.off('error', resolve);
      resolve(undefined);
    });
  });
  if (failure) throw new ConfigurationError(await explain(failure, host, port, setting));
  return (server.address() as AddressInfo).port;
}

async function explain(error: NodeJS.ErrnoException, host: string, port: number, setting: string): Promise<string> {
  if (error.code === 'EADDRINUSE') {
    const holder = await portHolder(port);
    return `port ${port} is taken${holder ? ` by ${holder}` : ''}.\n  End that process, or choose another port: ${setting}=${port + 10}`;
  }
  if (error.code === 'EACCES')
    return `port ${port} needs more rights than this user has.\n  Choose one above 1023: ${setting}=8443`;
  if (error.code === 'EADDRNOTAVAIL')
    return `${host} is no address of this machine.\n  Correct GATEHOUSE_HOST or GATEHOUSE_MANAGEMENT_HOST.`;
  return `cannot listen on ${host}:${port}: ${error.message}`;
}

/** The process that holds a port, as "name (process 123)"; nothing where the system does not tell. */
export async function portHolder(port: number): Promise<string | undefined> {
  return (await holderByProc(port).catch(() => undefined)) ?? (await holderByLsof(port));
}

async function holderByProc(port: number): Promise<string | undefined> {
  const hex = port.toString(16).toUpperCase().padStart(4, '0');
  const tables = await Promise.all(
    ['tcp', 'tcp6'].map((name) => readFile(`/proc/net/${name}`, 'utf8').catch(() => '')),
  );
  const rows = tables
    .join('\n')
    .split('\n')
    .map((line) => line.trim().split(/\s+/));
  const inodes = new Set(
    rows.filter((row) => row[1]?.endsWith(`:${hex}`) && row[3] === '0A').map((row) => `socket:[${row[9]}]`),
  );
  for (const pid of (await readdir('/proc')).filter((name) => /^\d+$/.test(name))) {
    for (const fd of await readdir(`/proc/${pid}/fd`).catch(() => [])) {
      if (!inodes.has(await readlink(`/proc/${pid}/fd/${fd}`).catch(() => ''))) continue;
      const command = (await readFile(`/proc/${pid}/cmdline`, 'utf8')).replaceAll('\0', ' ').trim();
      return `process ${pid} (${command.slice(0, 60)})`;
    }
  }
  return undefined;
}

function holderByLsof(port: number): Promise<string | undefined> {
  return new Promise((resolve) => {
    execFile('lsof', ['-nP', '-t', `-iTCP:${port}`, '-sTCP:LISTEN'], { timeout: 2_000 }, (error, stdout) =>
      resolve(error ? undefined : `process ${stdout.trim().split('\n')[0]}`),
    );
  });
}
