// Who may issue client certificates: a private CA from a file, and its revocation lists. Never the public store, where anybody can
// buy a certificate. Both files are followed while the service runs; a bad one leaves the last good one in force.
import { X509Certificate } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import type { TLSSocket } from 'node:tls';
import type { X509Crl } from '@peculiar/x509';
import { readChain } from '../certificate.facts.ts';
import { watchFiles } from '../file.watch.ts';
import { TlsError } from '../tls.error.ts';

/** What is trusted for client certificates. */
export interface ClientTrust {
  /** PEM, one certificate each. */
  readonly ca: readonly string[];
  /** PEM, one list each. */
  readonly crl: readonly string[];
  /** When the first list ends, milliseconds since the epoch; then every client is refused. */
  readonly crlNotAfter?: number;
  readonly isTrusted: (chain: readonly X509Certificate[], now: number) => boolean;
}

/** See {@link loadClientTrust}. */
export interface ClientTrustFiles {
  readonly caFile: string;
  readonly crlFile?: string;
}

/**
 * Reads and checks both files.
 *
 * @throws TlsError naming the file, and the remedy
 */
export async function loadClientTrust({ caFile, crlFile }: ClientTrustFiles, now: number): Promise<ClientTrust> {
  const authorities = await readAuthorities(caFile, now);
  const lists = crlFile ? await readLists(crlFile, authorities, now) : [];
  const ends = lists.flatMap(({ list }) => list.nextUpdate?.getTime() ?? []);
  return {
    ca: authorities.map((authority) => authority.toString()),
    crl: lists.map(({ pem }) => pem),
    crlNotAfter: ends.length > 0 ? Math.min(...ends) : undefined,
    isTrusted: (chain, at) => isTrusted(chain, authorities, lists, at),
  };
}

/** See {@link watchClientTrust}. Times in milliseconds. */
export interface ClientTrustWatch {
  readonly pollMs: number;
  /** How long files that do not fit each other are given: a new CA and its list arrive one after the other. */
  readonly settleMs: number;
  readonly now: () => number;
}

/** Calls back when the files changed and fit again, or still do not after a while. */
export function watchClientTrust(
  files: ClientTrustFiles,
  { pollMs, settleMs, now }: ClientTrustWatch,
  onSettled: () => void,
): { stop(): void } {
  let movedAt: number | undefined;
  return watchFiles([files.caFile, ...(files.crlFile ? [files.crlFile] : [])], pollMs, async (changed) => {
    if (changed) movedAt ??= performance.now();
    if (changed || movedAt === undefined) return;
    const fits = await loadClientTrust(files, now()).then(
      () => true,
      () => false,
    );
    if (!fits && performance.now() - movedAt < settleMs) return;
    movedAt = undefined;
    onSettled();
  });
}

/** What a client showed in its handshake, the leaf first. */
export function presentedChain(socket: Pick<TLSSocket, 'getPeerX509Certificate'>): X509Certificate[] {
  const chain: X509Certificate[] = [];
  for (let next = socket.getPeerX509Certificate(); next && chain.length < 10; next = next.issuerCertificate)
    chain.push(next);
  return chain;
}

interface List {
  readonly pem: string;
  readonly list: X509Crl;
  readonly issuer: X509Certificate;
}

async function readAuthorities(file: string, now: number): Promise<X509Certificate[]> {
  const pem = await read('GATEHOUSE_TLS_CLIENT_CA_FILE', file);
  let authorities: X509Certificate[];
  try {
    authorities = readChain(pem);
  } catch (error) {
    throw new TlsError(`${file}: a certificate is damaged (${(error as Error).message}): write the file again.`);
  }
  if (authorities.length === 0) throw new TlsError(`${file}: no PEM certificate in it: write the CA of the clients.`);
  if (!authorities.some((each) => each.checkIssued(each)))
    throw new TlsError(`${file}: only intermediate CAs in it: add their root, or no client is accepted.`);
  for (const { ca, subject, validToDate } of authorities) {
    if (!ca) throw new TlsError(`${file}: ${subject} is no CA: write the CA of the clients, not a client.`);
    if (validToDate.getTime() <= now) throw new TlsError(`${file}: ${subject} expired: write the CA in force.`);
  }
  return authorities;
}

async function readLists(file: string, authorities: readonly X509Certificate[], now: number): Promise<List[]> {
  const pem = await read('GATEHOUSE_TLS_CLIENT_CRL_FILE', file);
  const blocks = pem.match(/-----BEGIN X509 CRL-----[^-]+-----END X509 CRL-----/g) ?? [];
  if (blocks.length === 0) throw new TlsError(`${file}: no PEM revocation list in it: write the lists of the CA.`);
  const lists: List[] = [];
  for (const block of blocks) {
    const list = await parseList(block, file);
    const issuer = await issuerOf(list, authorities);
    if (!issuer) throw new TlsError(`${file}: the list of ${list.issuer} is not signed by a CA of the CA file.`);
    if (list.nextUpdate && list.nextUpdate.getTime() <= now)
      throw new TlsError(
        `${file}: the list of ${list.issuer} ended on ${list.nextUpdate.toISOString()}: fetch a new one.`,
      );
    lists.push({ pem: `${block}\n`, list, issuer });
  }
  return lists;
}

async function parseList(pem: string, file: string): Promise<X509Crl> {
  const { X509Crl } = await x509();
  try {
    return new X509Crl(pem);
  } catch (error) {
    throw new TlsError(`${file}: a revocation list is damaged (${(error as Error).message}): write the file again.`);
  }
}

async function issuerOf(list: X509Crl, authorities: readonly X509Certificate[]): Promise<X509Certificate | undefined> {
  const { X509Certificate: Parsed } = await x509();
  for (const authority of authorities) {
    const parsed = new Parsed(authority.raw);
    if (parsed.subject === list.issuer && (await list.verify({ publicKey: parsed.publicKey }))) return authority;
  }
  return undefined;
}

/** For connections from before a change: the same question that OpenSSL answers in a handshake. */
function isTrusted(
  [leaf, ...presented]: readonly X509Certificate[],
  authorities: readonly X509Certificate[],
  lists: readonly List[],
  now: number,
): boolean {
  if (!leaf || leaf.validToDate.getTime() <= now) return false;
  const issuedBy = (issuer: X509Certificate) => leaf.checkIssued(issuer) && leaf.verify(issuer.publicKey);
  const anchor = authorities.find(issuedBy);
  const issuer = anchor ?? presented.find((certificate) => certificate.ca && issuedBy(certificate));
  if (!issuer) return false;
  const own = lists.filter((list) => leaf.checkIssued(list.issuer));
  if (lists.length > 0 && own.length === 0) return false;
  if (own.some(({ list }) => list.findRevoked(leaf.serialNumber) !== null)) return false;
  return (
    anchor !== undefined || isTrusted([issuer, ...presented.filter((each) => each !== issuer)], authorities, lists, now)
  );
}

function read(setting: string, file: string): Promise<string> {
  return readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
    throw new TlsError(`${setting}=${file} cannot be read (${error.code}): correct the path or its permissions.`);
  });
}

/** Node does not read revocation lists; loaded only where there are some. */
async function x509(): Promise<typeof import('@peculiar/x509')> {
  await import('reflect-metadata');
  return import('@peculiar/x509');
}
