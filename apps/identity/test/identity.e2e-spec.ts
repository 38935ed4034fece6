// The development identity provider over real TLS: its tokens open a service, its callers are who they are, and it stays out of production.
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { once } from 'node:events';
import { request } from 'node:https';
import { type AddressInfo, createServer } from 'node:net';
import { readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createAuthenticator } from '@gatehouse/authn';
import { startIdentity, type RunningIdentity, whereFile } from '../src/start-identity.ts';
import { requestToken } from '../src/token.request.ts';

const PORTS = { https: 0, management: 0 };

describe('the development identity provider', () => {
  let stateFolder: string;
  let identity: RunningIdentity;
  let env: NodeJS.ProcessEnv;
  beforeAll(async () => {
    stateFolder = await mkdtemp(join(tmpdir(), 'gatehouse-identity-'));
    // what the service beside it is to serve with is not for it
    const another = {
      GATEHOUSE_TLS_CERT_FILE: '/none',
      GATEHOUSE_TLS_KEY_FILE: '/none',
      GATEHOUSE_TLS_NAMES: 'api.test',
    };
    env = { ...another, GATEHOUSE_SECRETS_KEY_FILE: `${stateFolder}.key` };
    identity = await startIdentity({ stateFolder, env }, PORTS);
  }, 60_000);
  afterAll(async () => {
    await identity.close();
    for (const path of [stateFolder, `${stateFolder}.key`]) await rm(path, { recursive: true, force: true });
  });

  const token = (as: string, scope: string, audience = 'api') =>
    requestToken({ stateFolder, env }, { as, scope, audience });
  const get = (path: string) =>
    new Promise<{ status: number; headers: NodeJS.Dict<string | string[]>; text: string }>((resolve, reject) => {
      const ca = readFileSync(identity.caFile as string);
      request(`${identity.issuer}${path}`, { ca, agent: false }, (answer) => {
        let text = '';
        answer.on('data', (chunk) => (text += String(chunk)));
        answer.on('end', () => resolve({ status: answer.statusCode ?? 0, headers: answer.headers, text }));
      })
        .on('error', reject)
        .end();
    });
  const trusting = (audience: string) =>
    createAuthenticator({
      issuers: [
        {
          issuer: identity.issuer,
          audience,
          jwksUri: `${identity.issuer}/jwks`,
          caFile: identity.caFile,
          insecureLoopback: true,
          tenantClaim: 'tenant',
        },
      ],
    });
  const ask = (authorization: string) => ({
    method: 'GET',
    headers: { authorization: `Bearer ${authorization}` },
    url: () => 'https://localhost/v1/accounts',
    clientIdentity: () => undefined,
  });

  it('gives a token that a service accepts, for the audience that was asked for', async () => {
    const [api, orders] = [await trusting('api'), await trusting('orders')];
    const principal = await api.authenticate(ask(await token('grace', 'accounts:read accounts:write')));
    expect(principal).toMatchObject({ id: 'grace', tenant: 'north', plan: 'gold', clientId: 'grace' });
    expect([...principal.scopes]).toEqual(['accounts:read', 'accounts:write']);
    expect(await orders.authenticate(ask(await token('sven', 'orders:read', 'orders')))).toMatchObject({
      tenant: 'south',
    });
    await expect((async () => orders.authenticate(ask(await token('ada', 'orders:read', 'api'))))()).rejects.toThrow();
    await Promise.all([api.close(), orders.close()]);
  });

  it('gives audit:read to the auditor alone, and nothing to a stranger', async () => {
    await expect(token('auditor', 'audit:read')).resolves.toMatch(/^ey/);
    await expect(token('ada', 'audit:read')).rejects.toThrow(/no token|may not have/);
    await expect(token('mallory', 'accounts:read')).rejects.toThrow('there is no caller "mallory"');
  });

  it('shows public keys alone', async () => {
    const { text } = await get('/jwks');
    expect(text).not.toContain('"d"');
    expect((JSON.parse(text) as { keys: object[] }).keys).toHaveLength(1);
  });

  it('has the headers of every service, and names no software', async () => {
    const { status, headers } = await get('/.well-known/openid-configuration');
    expect(status).toBe(200);
    expect(headers['content-security-policy']).toContain("default-src 'none'");
    expect(headers['x-content-type-options']).toBe('nosniff');
    expect(headers['x-powered-by'] ?? headers.server).toBeUndefined();
  });

  it('asks a user to sign in only with PKCE', async () => {
    const query = 'client_id=web&response_type=code&scope=openid&redirect_uri=http%3A%2F%2F127.0.0.1%2Fcallback';
    const without = await get(`/auth?${query}`);
    expect(String(without.headers.location ?? without.text)).toContain('invalid_request');
    const challenge = 'E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM';
    const proper = await get(`/auth?${query}&code_challenge=${challenge}&code_challenge_method=S256`);
    expect(String(proper.headers.location)).toContain('/interaction/');
  });

  it('tells a port that one of this state folder has from one that something else has', async () => {
    const place = { stateFolder, env };
    const port = Number(new URL(identity.issuer).port);
    await expect(startIdentity(place, { https: port, management: 0 })).rejects.toMatchObject({
      usable: true,
      message: expect.stringMatching(/^https:\/\/localhost:\d+ is an identity provider already\n {2}It is used/),
    });
    await expect(startIdentity(place, { https: 0, management: port })).rejects.toThrow(
      `port ${port} is taken\n  End that process, or choose another port: GATEHOUSE_IDENTITY_MANAGEMENT_PORT=${port + 10}`,
    );
    const other = createServer((socket) => socket.destroy()).listen(0, '127.0.0.1');
    await once(other, 'listening');
    const { port: others } = other.address() as AddressInfo;
    await expect(startIdentity(place, { https: others, management: 0 })).rejects.toMatchObject({
      usable: false,
      message: expect.stringMatching(
        /^port \d+ is taken, and not by an identity provider .*\n[^]*GATEHOUSE_IDENTITY_PORT=/,
      ),
    });
    other.close();
    await once(other, 'close');
  });

  it('says which CA it would have had where one from another state folder has its port', async () => {
    const other = await mkdtemp(join(tmpdir(), 'gatehouse-identity-'));
    try {
      const place = { stateFolder: other, env: { ...env, GATEHOUSE_SECRETS_KEY_FILE: `${other}.key` } };
      const port = Number(new URL(identity.issuer).port);
      const refused = expect(startIdentity(place, { https: port, management: 0 })).rejects;
      await refused.toMatchObject({ code: 'EADDRINUSE', usable: false });
      const { issuer, caFile } = JSON.parse(readFileSync(whereFile(other), 'utf8')) as Partial<RunningIdentity>;
      expect(issuer).toBe(identity.issuer);
      expect(readFileSync(caFile as string, 'utf8')).toContain('BEGIN CERTIFICATE');
      const asked = requestToken(place, { as: 'ada', scope: 'accounts:read', audience: 'api' });
      await expect(asked).rejects.toThrow(
        /was started with another state folder\n {2}Set GATEHOUSE_STATE to the folder/,
      );
      // the same CA for both, as mkcert has it: then it is the secret that does not fit
      await writeFile(whereFile(other), JSON.stringify({ issuer, caFile: identity.caFile }));
      const again = requestToken(place, { as: 'ada', scope: 'accounts:read', audience: 'api' });
      await expect(again).rejects.toThrow(`does not take the secret of ada that is in ${other}`);
    } finally {
      for (const path of [other, `${other}.key`]) await rm(path, { recursive: true, force: true });
    }
  });

  it('keeps its own secrets where the service beside it has them in a vault, or in files', async () => {
    const vault = { GATEHOUSE_VAULT_ADDR: 'https://127.0.0.1:9', GATEHOUSE_VAULT_TOKEN_FILE: '/none' };
    for (const others of [vault, { GATEHOUSE_SECRETS_FOLDER: '/none' }]) {
      const beside = await startIdentity({ stateFolder, env: { ...env, ...others } }, PORTS);
      try {
        const asked = { as: 'ada', scope: 'accounts:read', audience: 'api' };
        await expect(requestToken({ stateFolder, env: { ...env, ...others } }, asked)).resolves.toMatch(/^ey/);
      } finally {
        await beside.close();
        await writeFile(whereFile(stateFolder), JSON.stringify(identity));
      }
    }
  });

  it('refuses production, naming what to use there', async () => {
    const production = { stateFolder, env: { ...env, NODE_ENV: 'production' } };
    await expect(startIdentity(production, PORTS)).rejects.toThrow('GATEHOUSE_ISSUER');
  });
});
