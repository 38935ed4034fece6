// Services that nobody hardened: a NestJS application on Express and a bare node:http server. True findings, no crash.
import { once } from 'node:events';
import http from 'node:http';
import https from 'node:https';
import type { AddressInfo, Server } from 'node:net';
import { runConformance, tableReport, type Report } from '../src/index.ts';
import { makeAuthority, makeLeaf } from '../src/process/throwaway.certificates.ts';
import { startProgram } from './fixtures/start.program.ts';

const ids = (report: Report, wanted: string) =>
  report.results.filter(({ status }) => status === wanted).map(({ id }) => id);

describe('a plain NestJS application on Express', () => {
  let report: Report;

  beforeAll(async () => {
    const { line, stop } = await startProgram('./plain-nest.program.ts');
    report = await runConformance({ url: line, slowMs: 3_000 }).finally(stop);
  }, 60_000);

  it('is run through without an error', () => expect(ids(report, 'error')).toEqual([]));

  it('is found to lack what it lacks, and nothing else', () => {
    expect(ids(report, 'fail')).toEqual([
      ...['tls-suites', 'tls-handshake-timeout', 'cert-trust', 'hsts', 'security-headers', 'version-banner', 'http2'],
      ...[
        'slow-header',
        'slow-body',
        'wrong-method',
        'duplicate-query',
        'wrong-type',
        'unknown-field',
        'prototype-keys',
      ],
      ...['deep-nesting', 'invalid-utf8', 'media-type', 'problem-json', 'request-id', 'health', 'management-private'],
      'rate-limit',
    ]);
  });

  it('is reported at no more than 80 columns', () => {
    const longest = Math.max(
      ...tableReport(report)
        .split('\n')
        .map(({ length }) => length),
    );
    expect(longest).toBeLessThanOrEqual(80);
  });
});

describe('a bare node server', () => {
  let report: Report;

  beforeAll(async () => {
    const answer = (_request: http.IncomingMessage, response: http.ServerResponse) => void response.end('hello');
    const secure = https.createServer(await makeLeaf(await makeAuthority()), answer);
    const clear = http.createServer(answer);
    const [url, gate] = [`https://localhost:${await listening(secure)}`, `http://localhost:${await listening(clear)}`];
    report = await runConformance({ url, http: gate, slowMs: 3_000 });
    secure.closeAllConnections();
    clear.closeAllConnections();
    await Promise.all([secure, clear].map((server) => new Promise((resolve) => server.close(resolve))));
  }, 60_000);

  it('is run through without an error', () => expect(ids(report, 'error')).toEqual([]));

  it('is found to serve plain HTTP, and everything to everybody', () => {
    expect(ids(report, 'fail')).toEqual([
      ...[
        'tls-suites',
        'tls-handshake-timeout',
        'cert-trust',
        'http-redirect',
        'http-credential',
        'hsts',
        'security-headers',
      ],
      ...['http2', 'slow-header', 'unknown-route', 'wrong-method', 'trace-method', 'malformed-url', 'request-id'],
      'rate-limit',
    ]);
  });

  it('has the checks of bodies skipped, each with the reason', () => {
    const skipped = report.results.find(({ id }) => id === 'unknown-field');
    expect(skipped).toMatchObject({ status: 'skipped', reason: expect.stringContaining('no OpenAPI document') });
  });
});

async function listening(server: Server): Promise<number> {
  await once(server.listen(0, '127.0.0.1'), 'listening');
  return (server.address() as AddressInfo).port;
}
