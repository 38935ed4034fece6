// Our scanner beside sslscan and testssl.sh: the same suites, the same verdict, and each difference written down.
import { once } from 'node:events';
import { writeFile, mkdtemp, rm } from 'node:fs/promises';
import https from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { auditTls, type TlsAuditReport } from '../src/index.ts';
import { SUITES } from '../src/wire/cipher.suites.ts';
import { makeAuthority, makeLeaf } from '../src/process/throwaway.certificates.ts';
import { startFixture } from './fixtures/fixture.server.ts';
import { badFindings, sslscanSuites, testsslReport, whyNoSslscan, whyNoTestssl } from './fixtures/other.scanners.ts';

/** What testssl.sh says of the fixtures' certificate, which lives three weeks under a CA of its own. */
const ALLOWED = ['cert_expirationStatus', 'cert_notAfter', 'cert_revocation'];

const servers: Record<string, { port: number; caFile: string; close(): Promise<void> }> = {};

beforeAll(async () => {
  const good = await startFixture();
  servers['our policy'] = { port: Number(good.urls.https.port), caFile: good.caFile, close: good.close };
  servers["Node's defaults"] = await startNodeDefault();
});
afterAll(() => Promise.all(Object.values(servers).map(({ close }) => close())));

const idOf = (name: string) =>
  SUITES.find((suite) => suite.name === name)
    ?.id.toString(16)
    .padStart(4, '0');

const suitesOf = ({ facts }: TlsAuditReport): string[] =>
  Object.entries(facts?.suites ?? {})
    .flatMap(([version, names]) => names.map((name) => `${version.replace('TLS ', 'TLSv')} ${idOf(name)}`))
    .sort();

const noSslscan = whyNoSslscan();
if (noSslscan && !process.env.CI) skip('sees the suites that sslscan sees', noSslscan);
else {
  it.each(['our policy', "Node's defaults"])('%s: sees the suites that sslscan sees', async (name) => {
    const { port, caFile } = servers[name];
    const report = await auditTls({ host: 'localhost', port, caFile, only: ['tls-suites'] });
    expect(suitesOf(report)).toEqual(await sslscanSuites(port));
  });
}

const noTestssl = whyNoTestssl();
if (noTestssl) skip('comes to the verdict of testssl.sh', noTestssl);
else {
  it('our policy: testssl.sh gives A+ and finds nothing outside of the written list, as we do', async () => {
    const { port, caFile } = servers['our policy'];
    const report = await testsslReport(port, caFile);
    expect(report.find(({ id }) => id === 'overall_grade')?.finding).toBe('A+');
    const findings = badFindings(report);
    expect(findings.filter(({ id }) => !ALLOWED.includes(id))).toEqual([]);
  }, 420_000);

  it("Node's defaults: testssl.sh finds the CBC suites, as we do", async () => {
    const { port, caFile } = servers["Node's defaults"];
    const ids = badFindings(await testsslReport(port, caFile)).map(({ id }) => id);
    expect(ids).toEqual(expect.arrayContaining(['LUCKY13']));
    const { results } = await auditTls({ host: 'localhost', port, caFile, only: ['tls-suites'] });
    expect(results[0]).toMatchObject({ status: 'fail', severity: 'medium' });
  }, 420_000);
}

function skip(name: string, reason: string): void {
  process.stderr.write(`skipped: ${name}: ${reason}\n`);
  it.skip(`${name} (${reason})`, () => undefined);
}

async function startNodeDefault() {
  const authority = await makeAuthority();
  const server = https.createServer(await makeLeaf(authority), (_request, response) => void response.end());
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const folder = await mkdtemp(join(tmpdir(), 'node-default-'));
  const caFile = join(folder, 'ca.pem');
  await writeFile(caFile, authority.pem);
  const close = async () => {
    server.closeAllConnections();
    server.close();
    await rm(folder, { recursive: true });
  };
  return { port: (server.address() as AddressInfo).port, caFile, close };
}
