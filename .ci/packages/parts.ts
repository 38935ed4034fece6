// An application that a team has already, on Express: it takes certificates, limits, validation, problems, secrets and outgoing HTTPS
// from the packages, and nothing else.
import 'reflect-metadata';
import { deepStrictEqual as same, match, rejects } from 'node:assert';
import { mkdtemp, rm } from 'node:fs/promises';
import { request } from 'node:https';
import type { AddressInfo } from 'node:net';
import type { TLSSocket } from 'node:tls';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Body, Controller, Get, Module, Post } from '@nestjs/common';
import { HttpAdapterHost, NestFactory } from '@nestjs/core';
import { createHttpClient } from '@gatehouse/http-client';
import { ProblemError, ProblemFilter } from '@gatehouse/problem-details';
import { RateLimitModule } from '@gatehouse/rate-limit';
import { bytes, defineSecrets, openSecrets } from '@gatehouse/secrets';
import { createTls, tlsOptionsSchema } from '@gatehouse/tls';
import { SchemaPipe } from '@gatehouse/validation';
import { z } from 'zod';

const note = z.strictObject({ text: z.string().max(10) });

@Controller('notes')
class NotesController {
  @Get()
  missing(): never {
    throw new ProblemError('not-found', { detail: 'No such note.' });
  }

  @Post()
  create(@Body({ schema: note }) body: z.infer<typeof note>) {
    return body;
  }
}

@Module({
  imports: [RateLimitModule.forRoot({ address: { limit: 4, windowSeconds: 60, burst: 4 } })],
  controllers: [NotesController],
})
class AppModule {}

const stateFolder = await mkdtemp(join(tmpdir(), 'gatehouse-parts-'));
process.env.GATEHOUSE_SECRETS_KEY_FILE = `${stateFolder}.key`;
const place = { service: 'notes', stateFolder, production: false };
const secrets = await openSecrets(defineSecrets({ tokenKey: bytes(32) }), {}, place);
const tls = await createTls(tlsOptionsSchema.parse({}), place);
// Nest's type of SNICallback forbids the null that Node.js passes: so `object`
const app = await NestFactory.create(AppModule, { httpsOptions: tls.serverOptions() as object, logger: false });
app.useGlobalFilters(new ProblemFilter(app.get(HttpAdapterHost)));
app.useGlobalPipes(new SchemaPipe());
await app.listen(0, '127.0.0.1');
tls.attach(app.getHttpServer());

interface Answer {
  status?: number;
  protocol: string | null;
  body: Record<string, unknown>;
}

function call(method: string, body?: unknown): Promise<Answer> {
  const { port } = app.getHttpServer().address() as AddressInfo;
  const headers = body === undefined ? {} : { 'content-type': 'application/json' };
  return new Promise((resolve, reject) => {
    // the certificate is that of a laptop, and what is looked at here is the answer
    const sent = request({ host: '127.0.0.1', port, path: '/notes', method, headers, rejectUnauthorized: false });
    sent.on('error', reject).on('response', async (answer) => {
      const protocol = (answer.socket as TLSSocket).getProtocol();
      const text = (await answer.setEncoding('utf8').toArray()).join('');
      resolve({ status: answer.statusCode, protocol, body: JSON.parse(text) as Answer['body'] });
    });
    sent.end(body === undefined ? undefined : JSON.stringify(body));
  });
}

try {
  same(secrets.get('tokenKey').reveal().length, 32);
  match(String(secrets.get('tokenKey')), /^\[secret\]$/);
  const made = await call('POST', { text: 'hello' });
  same([made.status, made.protocol, made.body], [201, 'TLSv1.3', { text: 'hello' }]);
  same((await call('POST', { text: 'hello', admin: true })).status, 422);
  same((await call('GET')).body.code, 'not-found');
  const statuses = await Promise.all(Array.from({ length: 10 }, async () => (await call('GET')).status));
  same(statuses.includes(429), true);
  const client = createHttpClient({ allow: ['api.example.com'] });
  await rejects(client.get('https://169.254.169.254/latest/meta-data'), /allow/);
  await client.close();
} finally {
  await app.close();
  await tls.close();
  await secrets.close();
  for (const path of [stateFolder, `${stateFolder}.key`]) await rm(path, { recursive: true, force: true });
}
console.log(
  'parts: an Express application has certificates, limits, validation, problems, secrets and an egress list from the packages',
);
