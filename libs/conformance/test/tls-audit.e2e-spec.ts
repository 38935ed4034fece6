// The scanner against a good port, Node's defaults, everything weak that openssl still has, and what no library has any more.
import { once } from 'node:events';
import https from 'node:https';
import type { AddressInfo } from 'node:net';
import { auditTableReport, auditTls, exitCodeOf, sarifReport, type TlsAuditReport } from '../src/index.ts';
import { makeAuthority, makeLeaf } from '../src/process/throwaway.certificates.ts';
import { startFixture } from './fixtures/fixture.server.ts';
import { startWeakOpenssl, whyNoOpenssl } from './fixtures/openssl.server.ts';
import { startScripted } from './fixtures/scripted-tls.server.ts';

const failed = ({ results }: TlsAuditReport) => results.filter(({ status }) => status === 'fail').map(({ id }) => id);
const errors = ({ results }: TlsAuditReport) => results.filter(({ status }) => status === 'error');
const messages = ({ results }: TlsAuditReport, id: string) =>
  (results.find((result) => result.id === id)?.findings ?? []).map(({ message }) => message).join('\n');

describe('a port with our policy', () => {
  let report: TlsAuditReport;

  beforeAll(async () => {
    const { urls, caFile, close } = await startFixture();
    report = await auditTls({
      host: 'localhost',
      port: Number(urls.https.port),
      caFile,
      http: urls.http.href,
      slowMs: 6_000,
    });
    await close();
  }, 30_000);

  it('is clean', () => {
    expect([...failed(report), ...errors(report)]).toEqual([]);
    expect(exitCodeOf(report, 'low')).toBe(0);
  });

  it('has its facts told', () => {
    expect(report.facts).toMatchObject({
      suites: { 'TLS 1.2': ['TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256'], 'TLS 1.3': expect.any(Array) },
      groups: ['X25519MLKEM768', 'x25519', 'secp256r1'],
      preferredGroup: 'X25519MLKEM768',
      alpn: ['h2', 'http/1.1'],
      resumption: { 'TLS 1.2': true, 'TLS 1.3': true },
      certificate: { key: 'ec prime256v1' },
    });
    expect(auditTableReport(report)).toContain('preferred group  X25519MLKEM768');
  });
});

it("Node's own defaults fail, by their CBC suites", async () => {
  const { key, cert } = await makeLeaf(await makeAuthority());
  const server = https.createServer({ key, cert }, (_request, response) => void response.end());
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const report = await auditTls({
    host: 'localhost',
    port: (server.address() as AddressInfo).port,
    only: ['tls-suites'],
  });
  server.closeAllConnections();
  server.close();
  expect(messages(report, 'tls-suites')).toMatch(/CBC .*TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA256/);
  expect(exitCodeOf(report, 'medium')).toBe(1);
});

describe('a port as no library makes it any more', () => {
  it('has SSL 2, SSL 3, RC4, export suites and compression named', async () => {
    const accepts = new Map([
      [0x0300, [0x0004]],
      [0x0303, [0x0003, 0x000a, 0x0005]],
    ]);
    const server = await startScripted({ accepts, ssl2: true, compresses: true });
    const only = [
      'tls-old-versions',
      'tls-1-3',
      'tls-suites',
      'tls-compression',
      'tls-secure-renegotiation',
      'tls-extended-master-secret',
    ];
    const report = await auditTls({ host: '127.0.0.1', port: server.port, only });
    server.close();
    expect(failed(report)).toEqual(only);
    expect(messages(report, 'tls-old-versions')).toBe('SSL 2.0 is negotiated\nSSL 3.0 is negotiated');
    expect(messages(report, 'tls-suites')).toMatch(/SSL 3.0.*RC4.*TLS_RSA_WITH_RC4_128_MD5/);
    expect(messages(report, 'tls-suites')).toMatch(/export-grade.*TLS_RSA_EXPORT_WITH_RC4_40_MD5/);
    expect(messages(report, 'tls-suites')).toMatch(/SWEET32.*TLS_RSA_WITH_3DES_EDE_CBC_SHA/);
  });
});

const noOpenssl = whyNoOpenssl();
if (noOpenssl && !process.env.CI) {
  process.stderr.write(`skipped: a weak openssl s_server: ${noOpenssl}\n`);
  it.skip(`a weak openssl s_server (${noOpenssl})`, () => undefined);
} else {
  describe('a weak openssl s_server', () => {
    let report: TlsAuditReport;

    beforeAll(async () => {
      const { port, stop } = await startWeakOpenssl();
      // s_server serves one connection at a time
      report = await auditTls({ host: 'localhost', port, slowMs: 1_000, concurrency: 1 });
      await stop();
    }, 60_000);

    it('has each weakness named', () => {
      expect(failed(report)).toEqual([
        ...[
          'tls-old-versions',
          'tls-suites',
          'tls-groups',
          'tls-post-quantum',
          'cert-trust',
          'cert-names',
          'cert-lifetime',
        ],
        ...['cert-key', 'tls-client-renegotiation', 'tls-resumption', 'tls-alpn', 'tls-handshake-timeout', 'hsts'],
      ]);
      expect(errors(report)).toEqual([]);
      expect(messages(report, 'tls-old-versions')).toBe('TLS 1.0 is negotiated\nTLS 1.1 is negotiated');
      expect(messages(report, 'tls-groups')).toContain('1024 bits');
      expect(messages(report, 'tls-groups')).toContain('secp192r1');
      for (const reason of ['does not encrypt', 'does not authenticate', 'no forward secrecy', 'CBC', 'DHE']) {
        expect(messages(report, 'tls-suites')).toContain(reason);
      }
    });

    it('is told in SARIF, with a rule for each result', () => {
      const { version, runs } = JSON.parse(sarifReport(report, 'gatehouse-tls-audit'));
      const rules = runs[0].tool.driver.rules.map(({ id }: { id: string }) => id);
      expect(version).toBe('2.1.0');
      expect(runs[0].results.length).toBeGreaterThan(13);
      for (const { ruleId, level } of runs[0].results) {
        expect([rules.includes(ruleId), ['error', 'warning', 'note'].includes(level)]).toEqual([true, true]);
      }
    });
  });
}
