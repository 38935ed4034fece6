// The effective policy of a running service, from /policy on its management port, over TLS that is verified.
import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { request } from 'node:https';
import { isIP } from 'node:net';
import { join } from 'node:path';
import { rootCertificates } from 'node:tls';
import type { ServiceSettings } from '@gatehouse/service';
import { loopbackOf } from './service.checks.ts';

/** The part of `/policy` that is shown. */
export interface RunningPolicy {
  readonly service: string;
  readonly mode: string;
  /** Whom a revocation reaches; `none` where every route is @Public. */
  readonly revocations: 'none' | { readonly reach: string };
  readonly requestPath: readonly { readonly name: string; readonly state: string }[];
  readonly routes: readonly Readonly<Record<string, unknown> & { method: string; url: string }>[];
}

const TIMEOUT_MS = 3_000;
const MAX_BYTES = 4_000_000;

/** The policy, or nothing where no service answers that has this name and a certificate to trust. */
export async function runningPolicy(settings: ServiceSettings): Promise<RunningPolicy | undefined> {
  const { name, managementHost, ports, stateFolder, tls } = settings;
  const [ca, servername] = await Promise.all([trusted(stateFolder, tls.caFile), servedName(stateFolder, name)]);
  const text = await get({ host: loopbackOf(managementHost), port: ports.management, path: '/policy', ca, servername });
  const policy = JSON.parse(text ?? '{}') as Partial<RunningPolicy>;
  return policy.service === name ? (policy as RunningPolicy) : undefined;
}

/** The public CAs, the one of the settings, and those of a laptop. */
async function trusted(stateFolder: string, caFile: string | undefined): Promise<string[]> {
  const mkcert = await new Promise<string>((resolve) =>
    execFile('mkcert', ['-CAROOT'], { timeout: TIMEOUT_MS }, (error, out) => resolve(error ? '' : out.trim())),
  );
  const files = [join(stateFolder, 'ca/ca.pem'), mkcert && join(mkcert, 'rootCA.pem'), caFile].filter((file) => !!file);
  const own = await Promise.all(files.map((file) => readFile(file as string, 'utf8').catch(() => undefined)));
  return [...rootCertificates, ...own.filter((text) => text !== undefined)];
}

/** A name of the certificate: localhost where it has it. */
async function servedName(stateFolder: string, service: string): Promise<string> {
  const { certificateStatus } = await import('@gatehouse/tls');
  const status = (await certificateStatus(stateFolder)).find((each) => each.service === service);
  const names = status?.certificates.flatMap(({ certificate }) => certificate?.names ?? []) ?? [];
  if (names.length === 0 || names.includes('localhost')) return 'localhost';
  return names.find((each) => isIP(each) === 0 && !each.startsWith('*'))?.toString() ?? 'localhost';
}

function get(options: { host: string; port: number; path: string; ca: string[]; servername: string }) {
  return new Promise<string | undefined>((resolve) => {
    const outgoing = request({ ...options, timeout: TIMEOUT_MS, agent: false }, (response) => {
      let text = '';
      response.setEncoding('utf8').on('data', (chunk: string) => {
        text += chunk;
        if (text.length > MAX_BYTES) response.destroy();
      });
      response.on('end', () => resolve(response.statusCode === 200 ? text : undefined));
      response.on('close', () => resolve(undefined));
    });
    outgoing.on('timeout', () => outgoing.destroy());
    outgoing.on('error', () => resolve(undefined)).end();
  });
}
