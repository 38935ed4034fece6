// Services that nobody hardened: a NestJS application on Express and a bare node:http server. True findings, no crash.
import 'reflect-metadata';
import { once } from 'node:events';
import http from 'node:http';
import https from 'node:https';
import type { AddressInfo, Server } from 'node:net';
import { Body, Controller, Get, Module, Post } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { runConformance, tableReport, type Report } from '../src/index.ts';
import { makeAuthority, makeLeaf } from './fixtures/certificates.ts';
import { FIXTURE_API } from './fixtures/fixture.api.ts';

@Controller()
class ThingsController {
  @Get('health/live')
  live() {
    return { status: 'ok' };
  }

  @Get('openapi.json')
  api() {
    return FIXTURE_API;
  }

  @Get('v1/things')
  list() {
    return { items: [] };
  }

  @Post('v1/things')
  make(@Body() thing: { name: string }) {
    return { name: thing.name.toUpperCase() };
  }
}

@Module({ controllers: [ThingsController] })
class PlainModule {}

const failed = (report: Report) => report.results.filter(({ status }) => status === 'fail').map(({ id }) => id);
const errored = (report: Report) => report.results.filter(({ status }) => status === 'error');

async function listening(server: Server): Promise<number> {
  if (!server.listening) await once(server.listen(0, '127.0.0.1'), 'listening');
  return (server.address() as AddressInfo).port;
}

describe('a plain NestJS application on Express', () => {
  let report: Report;

  beforeAll(async () => {
    const httpsOptions = await makeLeaf(await makeAuthority());
    const app = await NestFactory.create(PlainModule, { httpsOptions, logger: false });
    await app.listen(0, '127.0.0.1');
    const port = await listening(app.getHttpServer() as Server);
    report = await runConformance({ url: `https://localhost:${port}`, slowMs: 3_000 });
    (app.getHttpServer() as https.Server).closeAllConnections();
    await app.close();
  }, 60_000);

  it('is run through without an error', () => expect(errored(report)).toEqual([]));

  it('is found to lack what it lacks', () => {
    expect(failed(report)).toEqual(
      expect.arrayContaining([
        ...['tls-suites', 'tls-handshake-timeout', 'cert-trust', 'hsts', 'security-headers', 'version-banner', 'http2'],
        ...[
          'slow-header',
          'slow-body',
          'wrong-method',
          'duplicate-query',
          'wrong-type',
          'unknown-field',
          'invalid-utf8',
        ],
        ...['problem-json', 'request-id', 'health', 'management-private'],
      ]),
    );
  });

  it('is not accused of what it does right', () => {
    const innocent = [
      'tls-old-versions',
      'tls-1-3',
      'tls-post-quantum',
      'request-smuggling',
      'cors-origin',
      'unknown-route',
    ];
    expect(
      failed(report).filter((id) => [...innocent, 'cert-names', 'cert-dates', 'exposed-files'].includes(id)),
    ).toEqual([]);
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

  it('is run through without an error', () => expect(errored(report)).toEqual([]));

  it('is found to serve plain HTTP, and everything to everybody', () => {
    expect(failed(report)).toEqual(
      expect.arrayContaining(['http-redirect', 'http-credential', 'hsts', 'unknown-route', 'trace-method', 'health']),
    );
  });

  it('has the checks of bodies skipped, each with the reason', () => {
    const skipped = report.results.find(({ id }) => id === 'unknown-field');
    expect(skipped).toMatchObject({ status: 'skipped', reason: expect.stringContaining('no OpenAPI document') });
  });
});
