// Authorization code with PKCE, as a browser walks it: sign in, consent, code, token. And what a thief of the code, or of the redirect, gets.
import { createHash, randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { readFileSync } from 'node:fs';
import { request } from 'node:https';
import type { IncomingHttpHeaders } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createAuthenticator } from '@gatehouse/authn';
import { startIdentity, type RunningIdentity } from '../src/start-identity.ts';

interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly text: string;
}

/** A browser in so far as it keeps cookies. */
function browser(identity: RunningIdentity) {
  const cookies = new Map<string, string>();
  return (path: string, form?: Record<string, string | undefined>): Promise<Answer> =>
    new Promise((resolve, reject) => {
      const cookie = [...cookies].map(([name, value]) => `${name}=${value}`).join('; ');
      const type = form && { 'content-type': 'application/x-www-form-urlencoded' };
      const options = { method: form ? 'POST' : 'GET', ca: readFileSync(identity.caFile as string), agent: false };
      const outgoing = request(
        new URL(path, identity.issuer),
        { ...options, headers: { cookie, ...type } },
        (answer) => {
          for (const line of answer.headers['set-cookie'] ?? []) {
            const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(line) ?? [];
            cookies.set(name, value);
          }
          let text = '';
          answer.on('data', (chunk) => (text += String(chunk)));
          answer.on('end', () => resolve({ status: answer.statusCode ?? 0, headers: answer.headers, text }));
        },
      );
      const given = Object.entries(form ?? {}).filter((entry): entry is [string, string] => entry[1] !== undefined);
      outgoing.on('error', reject).end(form && new URLSearchParams(given).toString());
    });
}

describe('the authorization code flow', () => {
  let stateFolder: string;
  let identity: RunningIdentity;
  beforeAll(async () => {
    stateFolder = await mkdtemp(join(tmpdir(), 'gatehouse-identity-'));
    const env = { GATEHOUSE_SECRETS_KEY_FILE: `${stateFolder}.key` };
    identity = await startIdentity({ stateFolder, env }, { https: 0, management: 0 });
  }, 60_000);
  afterAll(async () => {
    await identity.close();
    for (const path of [stateFolder, `${stateFolder}.key`]) await rm(path, { recursive: true, force: true });
  });

  const CALLBACK = 'http://127.0.0.1:9/callback';
  const verifier = randomBytes(32).toString('base64url');
  const challenge = createHash('sha256').update(verifier).digest('base64url');
  const address = (changes: Record<string, string> = {}) =>
    `/auth?${new URLSearchParams({
      client_id: 'web',
      response_type: 'code',
      scope: 'openid accounts:read',
      resource: 'urn:gatehouse:api',
      redirect_uri: CALLBACK,
      code_challenge: challenge,
      code_challenge_method: 'S256',
      state: 'xyz',
      ...changes,
    })}`;

  /** Follows redirects as far as the callback, filling in the forms on the way. */
  async function signIn(name: string, changes: Record<string, string> = {}): Promise<URL> {
    const visit = browser(identity);
    let at = await visit(address(changes));
    for (let steps = 0; steps < 12; steps++) {
      const { location } = at.headers;
      if (location?.startsWith(CALLBACK)) return new URL(location);
      if (location) at = await visit(location);
      else {
        const [, action = ''] = /<form[^>]* action="([^"]+)"/.exec(at.text) ?? [];
        const [, prompt = ''] = /name="prompt" value="([^"]+)"/.exec(at.text) ?? [];
        at = await visit(action, { prompt, ...(prompt === 'login' && { login: name, password: 'any' }) });
      }
    }
    throw new Error('the callback was not reached');
  }
  const redeem = (code: string | null, changes: Record<string, string | undefined> = {}) =>
    browser(identity)('/token', {
      grant_type: 'authorization_code',
      client_id: 'web',
      code: code ?? '',
      redirect_uri: CALLBACK,
      code_verifier: verifier,
      ...changes,
    });

  it('ends in a token of who signed in, for the service that was asked for', async () => {
    const back = await signIn('sven');
    expect(back.searchParams.get('state')).toBe('xyz');
    expect(back.searchParams.get('iss')).toBe(identity.issuer); // RFC 9207
    const { status, text } = await redeem(back.searchParams.get('code'));
    expect(status).toBe(200);
    const { access_token: token } = JSON.parse(text) as { access_token: string };
    const { issuer, caFile } = identity;
    const jwksUri = `${issuer}/jwks`;
    const place = { jwksUri, caFile, insecureLoopback: true, tenantClaim: 'tenant' };
    const api = await createAuthenticator({ issuers: [{ issuer, audience: 'api', ...place }] });
    const asked = {
      method: 'GET',
      headers: { authorization: `Bearer ${token}` },
      url: () => '',
      clientIdentity: () => undefined,
    };
    const principal = await api.authenticate(asked);
    expect(principal).toMatchObject({ id: 'sven', tenant: 'south', clientId: 'web' });
    expect(principal.scopes).toContain('accounts:read');
    await api.close();
  }, 30_000);

  it('gives what only the auditor may have to nobody else who signs in', async () => {
    const wish = { scope: 'openid accounts:read audit:read' };
    const scopesOf = async (name: string) => {
      const back = await signIn(name, wish);
      const { text } = await redeem(back.searchParams.get('code'));
      const { access_token: token = '' } = JSON.parse(text) as { access_token?: string };
      const claims = JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString() || '{}') as {
        scope?: string;
      };
      return claims.scope?.split(' ') ?? [];
    };
    expect(await scopesOf('auditor')).toEqual(expect.arrayContaining(['accounts:read', 'audit:read']));
    const adas = await scopesOf('ada');
    expect([adas.includes('accounts:read'), adas.includes('audit:read')]).toEqual([true, false]);
  }, 30_000);

  it('signs in a device that has no browser, by a code that a person types in', async () => {
    const visit = browser(identity);
    const scope = 'openid accounts:read';
    const asked = await visit('/device/auth', { client_id: 'web', scope, resource: 'urn:gatehouse:api' });
    const { device_code, user_code } = JSON.parse(asked.text) as Record<string, string>;
    const poll = async () => {
      const grant_type = 'urn:ietf:params:oauth:grant-type:device_code';
      const { text } = await browser(identity)('/token', { grant_type, client_id: 'web', device_code });
      return JSON.parse(text) as Record<string, string>;
    };
    expect(await poll()).toMatchObject({ error: 'authorization_pending' });
    let at = await visit('/device');
    for (let steps = 0; steps < 16 && !/Sign-in Success/i.test(at.text); steps++) {
      const { location } = at.headers;
      const field = (name: string) => new RegExp(`name="${name}" value="([^"]+)"`).exec(at.text)?.[1];
      const [, action = '/device'] = /<form[^>]* action="([^"]+)"/.exec(at.text) ?? [];
      const [prompt, xsrf] = [field('prompt'), field('xsrf')];
      const typed = prompt === 'login' ? { login: 'grace', password: 'any' } : {};
      const confirm = /name="confirm"/.test(at.text) ? 'yes' : undefined;
      at = location ? await visit(location) : await visit(action, { prompt, xsrf, confirm, user_code, ...typed });
    }
    const { access_token: token = '' } = await poll();
    const claims = Buffer.from(token.split('.')[1] ?? '', 'base64url').toString();
    expect(JSON.parse(claims || '{}')).toMatchObject({ sub: 'grace', tenant: 'north', aud: 'api' });
    expect(claims).toContain('accounts:read');
  }, 30_000);

  it.each<[string, Record<string, string | undefined>]>([
    ['without the verifier', { code_verifier: undefined }],
    ['with another verifier', { code_verifier: randomBytes(32).toString('base64url') }],
    ['for another redirect', { redirect_uri: 'http://127.0.0.1:10/callback' }],
    ['as another client', { client_id: 'ada' }],
  ])(
    'gives nothing for a stolen code %s',
    async (_what, changes) => {
      const code = (await signIn('ada')).searchParams.get('code');
      const stolen = await redeem(code, changes);
      expect([400, 401]).toContain(stolen.status);
      expect(stolen.text).not.toContain('access_token');
    },
    30_000,
  );

  it('gives nothing for a code that was used', async () => {
    const code = (await signIn('ada')).searchParams.get('code');
    expect((await redeem(code)).status).toBe(200);
    const again = await redeem(code);
    expect([again.status, (JSON.parse(again.text) as { error: string }).error]).toEqual([400, 'invalid_grant']);
  }, 30_000);

  it.each<[string, Record<string, string>, string]>([
    ['another redirect', { redirect_uri: 'https://evil.example/callback' }, 'invalid_redirect_uri'],
    ['a redirect with another path', { redirect_uri: 'http://127.0.0.1:9/callback/../evil' }, 'invalid_redirect_uri'],
    [
      'a redirect to another host that begins alike',
      { redirect_uri: 'http://127.0.0.1.evil.example/callback' },
      'invalid_redirect_uri',
    ],
    ['a client that nobody knows', { client_id: 'mallory' }, 'invalid_client'],
  ])('sends nobody to %s', async (_what, changes, error) => {
    const { status, headers, text } = await browser(identity)(address(changes));
    expect([status, headers.location, (JSON.parse(text) as { error: string }).error]).toEqual([400, undefined, error]);
  });

  it.each<[string, Record<string, string>]>([
    ['a challenge in plain', { code_challenge_method: 'plain' }],
    ['an implicit answer', { response_type: 'token' }],
  ])('refuses %s', async (_what, changes) => {
    const { headers, text } = await browser(identity)(address(changes));
    expect(String(headers.location ?? text)).toMatch(/error=|"error"/);
  });

  it('shows pages on which no script runs, and that no other page can frame', async () => {
    const visit = browser(identity);
    const { headers, text } = await visit(String((await visit(address())).headers.location));
    expect(headers['content-security-policy']).toMatch(
      /^default-src 'none'; style-src 'unsafe-inline'; form-action 'self' /,
    );
    expect(headers['content-security-policy']).toContain("frame-ancestors 'none'");
    expect(text).toContain('<form');
  });
});
