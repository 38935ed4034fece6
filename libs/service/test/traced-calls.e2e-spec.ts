// What a handler asks others for is part of its trace: each query and each call is a span below the request, and whoever is called is told
// which one it is part of.
import { createServer } from 'node:https';
import type { IncomingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Controller, Get, Module, Req } from '@nestjs/common';
import { Public } from '@gatehouse/authz';
import { Database } from '@gatehouse/database';
import { createHttpClient, type HttpClient } from '@gatehouse/http-client';
import { testAuthority } from '@gatehouse/tls/testing';
import { Returns } from '@gatehouse/validation';
import { z } from 'zod';
import { defineService, type TraceContext } from '../src/index.ts';
import { startForTest } from '../src/testing/index.ts';
import { SpanReceiver } from './fixtures/span.receiver.ts';
import { until } from './fixtures/until.ts';

const CANARY = 'c4nary-91ab';
const TRACE = '0af7651916cd43dd8448eb211c80319c';

let client: HttpClient;
let called: string;

@Controller('v1/report')
@Public('a sample for everybody')
class ReportController {
  constructor(private readonly database: Database) {}

  @Get()
  @Returns(z.strictObject({ status: z.number() }))
  async report(@Req() { trace }: { trace: TraceContext }): Promise<object> {
    await this.database
      .as<{ pg_class: { relname: string } }>()
      .selectFrom('pg_class')
      .select('relname')
      .where('relname', '=', CANARY)
      .execute();
    const { status } = await client.get(`${called}/${CANARY}`, { context: trace });
    return { status };
  }
}

@Module({ controllers: [ReportController] })
class ReportModule {}

it('queries and calls are spans below the request, and the called one is told', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'gatehouse-traced-'));
  const receiver = await SpanReceiver.start();
  await writeFile(join(folder, 'ca.pem'), receiver.ca);
  const heard: IncomingHttpHeaders[] = [];
  const authority = await testAuthority();
  const other = createServer(await authority.issue({ names: ['localhost'] }), (request, response) => {
    heard.push(request.headers);
    response.writeHead(204).end();
  });
  await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve));
  called = `https://localhost:${(other.address() as AddressInfo).port}`;
  client = createHttpClient({ allow: [new URL(called).host], ca: authority.cert, insecureLoopback: true });
  const descriptor = defineService({
    root: import.meta.dirname,
    name: 'reports',
    ports: { https: 0, http: 0, management: 0 },
    database: {},
    traces: { url: receiver.url, caFile: join(folder, 'ca.pem'), sampleRatio: 1, exportEveryMs: 50 },
  });
  const service = await startForTest(ReportModule, descriptor);
  try {
    const headers = { traceparent: `00-${TRACE}-b7ad6b7169203331-00`, tracestate: 'vendor=1' };
    expect(await service.call('GET', '/v1/report', { headers })).toMatchObject({ status: 200, body: { status: 204 } });
    await until(() => receiver.spans.length === 3);
    const [request, query, call] = ['GET /v1/report', 'SELECT', 'GET'].map((name) =>
      receiver.spans.find((span) => span.name === name),
    );
    expect([query?.parentSpanId, call?.parentSpanId]).toEqual([request?.spanId, request?.spanId]);
    expect(query?.values).toEqual({ 'db.system.name': 'postgresql', 'db.operation.name': 'SELECT' });
    expect(call?.values).toMatchObject({ 'http.response.status_code': 204 });
    expect(heard[0]?.traceparent).toBe(`00-${TRACE}-${call?.spanId}-01`);
    expect(heard[0]?.tracestate).toBe('vendor=1');
    expect(receiver.text).not.toContain(CANARY);
  } finally {
    await service.close();
    await client.close();
    await receiver.close();
    other.closeAllConnections();
    other.close();
    await rm(folder, { recursive: true, force: true });
  }
}, 60_000);
