// The embedded development CA: HTTPS works on the first start of a clone, with nothing installed. The CA is kept in one folder for
// every service of the workspace, so that it is trusted once; it may sign only for the names that the workspace uses.
import { createPrivateKey, X509Certificate } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import 'reflect-metadata'; // @peculiar/x509 refuses to load without it
import { factsOf } from '../certificate.facts.ts';
import type { CertificateMaterial, CertificateSource, SourceContext } from '../certificate.source.ts';
import { withLock } from '../folder.lock.ts';
import { privateFolder, writePrivate } from '../private.files.ts';
import { TlsError } from '../tls.error.ts';
import { DAY_MS, LEAF_DAYS } from './lifetime.ts';
import { permits, permittedNames } from './name.constraints.ts';
import { storedLeaf } from './stored.leaf.ts';

/** What every development CA may sign for: loopback, and top-level names that nobody can own (RFC 6761, RFC 8375, ICANN .internal). */
const ALWAYS = ['localhost', '127.0.0.1', '::1', 'test', 'internal', 'home.arpa'];

/** Makes the source. Not for production: the caller refuses. */
export function embeddedSource(context: SourceContext): CertificateSource {
  const folder = join(context.stateFolder, 'ca');
  const caFile = join(folder, 'ca.pem');
  return {
    name: 'embedded',
    caFile,
    trustHint: ['Browsers: import the CA as an authority for websites:', `  ${caFile}`],
    current: async () => {
      const authority = await findAuthority(folder, context);
      return storedLeaf({
        file: join(context.stateFolder, context.service, 'tls', 'leaf.pem'),
        authority: authority.cert,
        names: context.names,
        now: context.now(),
        make: async () => (await issuer()).issueLeaf(authority, context.names, context.now()),
      });
    },
    // A leaf is renewed when it is asked for, and the service asks from time to time.
    onChange: () => () => undefined,
    close: async () => undefined,
  };
}

/** The kept CA while it is whole, permits every name and outlives a leaf; else a new one. Services that start together make one. */
async function findAuthority(folder: string, context: SourceContext): Promise<CertificateMaterial> {
  const kept = await readAuthority(folder, context);
  if (kept.authority) return kept.authority;
  await privateFolder(folder);
  return withLock(join(folder, 'lock'), async () => {
    const { authority, names = [], reason } = await readAuthority(folder, context);
    if (authority) return authority;
    const made = await (
      await issuer()
    ).issueAuthority(
      [...new Set([...ALWAYS, ...names, ...context.names.filter((name) => !permits(ALWAYS, name))])],
      context.now(),
    );
    await writePrivate(join(folder, 'ca.key'), made.key);
    await writePrivate(join(folder, 'ca.pem'), made.cert);
    if (reason) {
      const message = `${join(folder, 'ca.pem')} ${reason}: a new development CA was made; trust it again where the old one was trusted.`;
      context.emit({ type: 'certificate-renewed', level: 'warn', source: 'embedded', message });
    }
    return made;
  });
}

interface Found {
  authority?: CertificateMaterial;
  /** What the old one permits, which a new one keeps. */
  names?: string[];
  /** Why it does not serve; none when there is none. */
  reason?: string;
}

async function readAuthority(folder: string, { names, now }: SourceContext): Promise<Found> {
  const [cert, key] = await Promise.all([read(join(folder, 'ca.pem')), read(join(folder, 'ca.key'))]);
  if (cert === undefined && key === undefined) return {};
  if (cert === undefined || key === undefined) return { reason: 'or its key is missing' };
  try {
    const certificate = new X509Certificate(cert);
    if (!certificate.ca || !certificate.checkPrivateKey(createPrivateKey(key)))
      return { reason: 'is not the certificate of ca.key' };
    const permitted = permittedNames(certificate.raw);
    if (!permitted) return { reason: 'may sign for every name' };
    const refused = names.filter((name) => !permits(permitted, name));
    if (refused.length > 0) return { names: permitted, reason: `may not sign for ${refused.join(', ')}` };
    if (factsOf(certificate).notAfter < now() + (LEAF_DAYS + 10) * DAY_MS)
      return { names: permitted, reason: 'is about to expire' };
    return { authority: { cert, key } };
  } catch (error) {
    return { reason: `is damaged (${(error as Error).message})` };
  }
}

function read(file: string): Promise<string | undefined> {
  return readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined;
    throw new TlsError(
      `${file} cannot be read (${error.code}): give this user the file, delete its folder, or set GATEHOUSE_STATE to another.`,
    );
  });
}

/** Loaded when something is made: a start that finds its certificate does not pay for it. */
const issuer = () => import('./issue.certificate.ts');
