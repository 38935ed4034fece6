// Twenty canary secrets and the keys of the holders, searched for in all that the running API says and shows at trace level: its log,
// its answers and errors, the pages of the management port, its audit journal, its title, arguments and environment. None is there.
import { randomBytes } from 'node:crypto';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { request } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { canaryHits, until } from '@gatehouse/secrets/testing';
import { builtInKeys, TestIssuer } from '@gatehouse/service/testing';
import service from '../service.config.ts';
import { EVERYDAY } from './start.ts';
import { newRing, spawnApi } from './vaulted.api.ts';

const embedded = process.env.GATEHOUSE_DATABASE_URL === undefined;
const word = () => `canary/${randomBytes(15).toString('base64url')}=&`;

(embedded ? describe : describe.skip)('the API leaks no secret (skipped with GATEHOUSE_DATABASE_URL)', () => {
  let folder: string;
  beforeAll(async () => void (folder = await mkdtemp(join(tmpdir(), 'gatehouse-api-canary-'))));
  afterAll(() => rm(folder, { recursive: true, force: true }));

  it('24 canaries, 0 hits', async () => {
    const values = Array.from({ length: 20 }, word);
    const ring = JSON.parse(newRing(randomBytes(32).toString('base64'))) as string[];
    const { gatehouseAuditSigningKey = '', gatehouseAuditIdentifierKey = '' } = builtInKeys(service);
    const auditKeys = { gatehouseAuditSigningKey, gatehouseAuditIdentifierKey };
    const keys = [...ring, ...Object.values(auditKeys)].map((key) => Buffer.from(key, 'base64'));
    const canaries = [...values.map((text) => Buffer.from(text)), ...keys];
    const put = (name: string, value: string) => writeFile(join(folder, name), value, { mode: 0o600 });
    await Promise.all(values.map((value, n) => put(`canary${n}`, value)));
    for (const [name, value] of Object.entries(auditKeys)) await put(name, value);
    for (const name of ['holderKeys', 'gatehouseApiKeyHashes']) await put(name, JSON.stringify(ring));
    const issuer = await TestIssuer.create(undefined, 'api');
    const token = await issuer.token({ scopes: EVERYDAY });
    const { child, output } = spawnApi(
      {
        ...(await issuer.environment(`${folder}-issuer.json`)),
        PATH: process.env.PATH,
        NODE_DEBUG: 'http,https,net,tls,fs',
        DEBUG: '*',
        GATEHOUSE_SECRETS_FOLDER: folder,
        GATEHOUSE_STATE: `${folder}-state`,
        GATEHOUSE_LOG_LEVEL: 'trace',
      },
      'canary.program.ts',
    );
    const shown: string[] = [];
    try {
      await until(() => output().includes('is ready') || child.exitCode !== null, 60_000);
      const ca = await readFile(`${folder}-state/ca/ca.pem`, 'utf8');
      const [api = '', , management = ''] = [...output().matchAll(/https?:\/\/localhost:\d+/g)].map(([url]) => url);
      const call = (origin: string, path: string, method = 'GET', body?: string) =>
        ask(`${origin}${path}`, ca, token, method, body).then((answer) => void shown.push(answer));
      await call(api, '/v1/accounts', 'POST', '{"holder":"Ada","currency":"EUR"}');
      for (const path of [
        '/v1/accounts',
        '/v1/accounts?holder=Ada',
        '/v1/accounts/1',
        '/v1/transfers?x=1',
        '/%zz',
        '/health/ready',
      ])
        await call(api, path);
      await call(api, '/v1/accounts', 'POST', `{"holder":"${values[0]?.slice(0, 3)}`);
      await put('canary0', 'short');
      await put('canary1', `${values[1]}-rotated`);
      await until(() => output().includes('secret-malformed') && output().includes('secret-rotated'));
      for (const path of ['/metrics', '/policy', '/openapi.json', '/docs', '/health/ready'])
        await call(management, path);
      for (const part of ['environ', 'cmdline', 'comm', 'status'])
        shown.push(await readFile(`/proc/${child.pid}/${part}`, 'utf8').catch(() => ''));
      shown.push(await readFile(`${folder}-state/api/audit/00000001.journal`, 'utf8'));
    } finally {
      child.kill('SIGTERM');
      await until(() => child.exitCode !== null || child.signalCode !== null, 30_000).catch(() =>
        child.kill('SIGKILL'),
      );
      for (const left of ['-state', '-issuer.json']) await rm(`${folder}${left}`, { recursive: true, force: true });
    }
    const all = [output(), ...shown].join('\n');
    expect(all).toMatch(/canary19/); // the names are told: what is searched is the right place
    expect(all).toMatch(/gatehouse_secret_usable/);
    expect(all).toMatch(/"operation":"account\.create"/);
    expect(canaryHits(all, canaries)).toEqual([]);
  }, 120_000);
});

function ask(url: string, ca: string, token: string, method: string, body?: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const type = body === undefined ? {} : { 'content-type': 'application/json' };
    const headers = { authorization: `Bearer ${token}`, ...type };
    const outgoing = request(url, { ca, method, headers, agent: false }, (response) => {
      let text = JSON.stringify(response.headers);
      response.on('data', (chunk) => (text += String(chunk))).on('end', () => resolve(text));
    });
    outgoing.on('error', reject).end(body);
  });
}
