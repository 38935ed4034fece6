import { createHash, X509Certificate } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createVaultClient, type VaultClient, type VaultClientOptions } from '../src/index.ts';
import { createFieldCipher } from '../src/fields/field.cipher.ts';
import { transitWrapper } from '../src/fields/data-key.wrapper.ts';
import type { SecretsEvent } from '../src/secrets.event.ts';
import { describeOpenBao } from '../src/testing/openbao.binary.ts';
import { OpenBao } from '../src/testing/openbao.server.ts';
import { newestAccessor, prepareApi, wrapSecretId } from '../src/testing/service.role.ts';

describeOpenBao('the client of OpenBao', (program) => {
  let bao: OpenBao;
  let roleId: string;
  let events: SecretsEvent[];
  const open: VaultClient[] = [];

  const client = async (
    auth: VaultClientOptions['auth'],
    more: Partial<VaultClientOptions> = {},
    production = true,
  ) => {
    const options = { address: bao.address, caFile: bao.caFile, auth, ...more };
    const made = await createVaultClient(options, { production, onEvent: (event) => void events.push(event) });
    open.push(made);
    return made;
  };
  const approle = async (secretIdFile?: string) =>
    ({ method: 'approle', role: 'api', roleId, secretIdFile: secretIdFile ?? (await wrapSecretId(bao)) }) as const;

  beforeAll(async () => {
    bao = await OpenBao.start(program);
    await prepareApi(bao);
    const answer = (await bao.must('GET', 'auth/approle/role/api/role-id')) as unknown as { data: { role_id: string } };
    roleId = answer.data.role_id;
    await bao.must('PUT', 'sys/mounts/transit', { type: 'transit' });
    await bao.must('PUT', 'transit/keys/fields', { type: 'aes256-gcm96' });
    await bao.must('PUT', 'transit/keys/signing', { type: 'ecdsa-p256' });
    await bao.must('PUT', 'sys/mounts/pki', { type: 'pki' });
    await bao.must('PUT', 'pki/root/generate/internal', { common_name: 'test root', key_type: 'ec', ttl: '24h' });
    await bao.must('PUT', 'pki/roles/api', { allow_any_name: true, key_type: 'ec', max_ttl: '1h' });
  });

  beforeEach(() => (events = []));
  afterEach(async () => {
    for (const one of open.splice(0)) await one.close();
  });
  afterAll(() => bao?.stop());

  it('writes, reads and lists KV entries, and refuses a write that another one overtook', async () => {
    const kv = (await client(await approle())).kv();
    expect(await kv.write('api/hook', { value: 'one' }, 0)).toBe(1);
    expect(await kv.write('api/hook', { value: 'two' }, 1)).toBe(2);
    await expect(kv.write('api/hook', { value: 'lost' }, 1)).rejects.toMatchObject({ code: 'conflict' });
    expect((await kv.read('api/hook'))?.fields).toEqual({ value: 'two' });
    expect((await kv.read('api/hook', 1))?.fields).toEqual({ value: 'one' });
    expect(await kv.list('api')).toContain('hook');
    await kv.delete('api/hook');
    expect(await kv.read('api/hook')).toBeUndefined();
    expect(await kv.read('api/never')).toBeUndefined();
  });

  it('encodes each segment: a name cannot reach another path', async () => {
    const kv = (await client(await approle())).kv();
    await expect(kv.read('api/../other')).rejects.toThrow(/dotted/);
    await expect(kv.read('api//x')).rejects.toThrow(/empty/);
    await kv.write('api/a?b#c%2e d', { value: 'odd' });
    expect((await kv.read('api/a?b#c%2e d'))?.fields).toEqual({ value: 'odd' });
    await expect(kv.read('other/x')).rejects.toMatchObject({ code: 'forbidden', status: 403 });
  });

  it('encrypts, signs and authenticates by transit', async () => {
    const transit = (await client(await approle())).transit();
    const input = Buffer.from('input');
    const sealed = await transit.encrypt('fields', input, Buffer.from('row 1'));
    expect(Buffer.from((await transit.decrypt('fields', sealed, Buffer.from('row 1'))).reveal())).toEqual(input);
    await expect(transit.decrypt('fields', sealed, Buffer.from('row 2'))).rejects.toMatchObject({ code: 'refused' });
    const signature = await transit.sign('signing', input);
    expect(await transit.verify('signing', input, signature)).toBe(true);
    expect(await transit.verify('signing', Buffer.from('other'), signature)).toBe(false);
    const mac = await transit.hmac('fields', input);
    expect(await transit.verifyHmac('fields', input, mac)).toBe(true);
  });

  it('wraps the data keys of fields, and still opens them after a rotation', async () => {
    const transit = (await client(await approle())).transit();
    const place = { table: 'accounts', column: 'holder', row: '1' };
    const stored = await createFieldCipher({ wrapper: transitWrapper(transit, 'fields') }).encrypt('Ada', place);
    await transit.rotate('fields');
    expect(await createFieldCipher({ wrapper: transitWrapper(transit, 'fields') }).decrypt(stored, place)).toBe('Ada');
  });

  it('issues a certificate by PKI', async () => {
    const pki = (await client(await approle())).pki();
    const request = { commonName: 'api.internal', altNames: ['api2.internal'], ipSans: ['127.0.0.1'], ttlSeconds: 600 };
    const { certificate, chain, privateKey, expiresAt } = await pki.issue('api', request);
    const leaf = new X509Certificate(certificate);
    expect(leaf.subjectAltName).toMatch(/api2\.internal.*127\.0\.0\.1/);
    expect(leaf.verify(new X509Certificate(chain[0] ?? '').publicKey)).toBe(true);
    expect(privateKey.reveal()).toContain('PRIVATE KEY');
    expect(expiresAt).toBeGreaterThan(Date.now());
    expect(await pki.ca()).toContain('CERTIFICATE');
  });

  it('stops at a wrapped secret-id that was opened before, and alerts', async () => {
    const file = await wrapSecretId(bao);
    await (await client(await approle(file))).login();
    const second = await client(await approle(file));
    await expect(second.login()).rejects.toMatchObject({ code: 'wrap-used' });
    expect(events).toContainEqual(expect.objectContaining({ type: 'wrapping-token-used', level: 'error' }));
  });

  it('refuses a wrap of another creation path', async () => {
    await bao.must('PUT', 'auth/approle/role/other', { token_policies: ['default'] });
    const file = await wrapSecretId(bao, 'other');
    await expect((await client(await approle(file))).login()).rejects.toMatchObject({ code: 'wrap-foreign' });
    const wrapped = (await bao.must(
      'PUT',
      'sys/wrapping/wrap',
      { secret_id: 'forged' },
      { 'x-vault-wrap-ttl': '60s' },
    )) as unknown as {
      wrap_info: { token: string };
    };
    await writeFile(join(bao.folder, 'forged'), wrapped.wrap_info.token);
    const forged = await client(await approle(join(bao.folder, 'forged')));
    await expect(forged.login()).rejects.toMatchObject({ code: 'wrap-foreign' });
    expect(events.filter(({ type }) => type === 'wrapping-token-foreign')).toHaveLength(2);
  });

  it('logs in by TLS certificate', async () => {
    await bao.must('PUT', 'sys/auth/cert', { type: 'cert' });
    await bao.must('PUT', 'auth/cert/certs/api', { certificate: bao.ca.cert, token_policies: ['api'] });
    const { cert, key } = await bao.ca.issue({ purpose: 'client', subject: 'CN=api', names: [] });
    await writeFile(join(bao.folder, 'client.pem'), cert);
    await writeFile(join(bao.folder, 'client.key'), key, { mode: 0o600 });
    const files = { certFile: join(bao.folder, 'client.pem'), keyFile: join(bao.folder, 'client.key') };
    await (await client({ method: 'cert', role: 'api', ...files })).login();
  });

  it('logs in by JWT', async () => {
    const { generateKeyPairSync, sign } = await import('node:crypto');
    const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    await bao.must('PUT', 'sys/auth/jwt', { type: 'jwt' });
    const pem = publicKey.export({ type: 'spki', format: 'pem' });
    await bao.must('PUT', 'auth/jwt/config', { jwt_validation_pubkeys: [pem], bound_issuer: 'test' });
    const role = { role_type: 'jwt', user_claim: 'sub', bound_audiences: ['openbao'], token_policies: ['api'] };
    await bao.must('PUT', 'auth/jwt/role/api', role);
    const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');
    const seconds = Math.floor(Date.now() / 1000);
    const claims = { iss: 'test', sub: 'api', aud: 'openbao', iat: seconds, nbf: seconds - 5, exp: seconds + 300 };
    const signed = `${part({ alg: 'ES256', typ: 'JWT' })}.${part(claims)}`;
    const signature = sign('sha256', Buffer.from(signed), { key: privateKey, dsaEncoding: 'ieee-p1363' });
    const jwtFile = join(bao.folder, 'jwt');
    await writeFile(jwtFile, `${signed}.${signature.toString('base64url')}`);
    await (await client({ method: 'jwt', role: 'api', jwtFile })).login();
    await writeFile(jwtFile, `${signed}.${createHash('sha256').update('x').digest('base64url')}`);
    await expect((await client({ method: 'jwt', role: 'api', jwtFile })).login()).rejects.toMatchObject({
      code: 'login-refused',
    });
  });

  it('takes a token from a file in development, and refuses it in production', async () => {
    const tokenFile = join(bao.folder, 'token');
    await writeFile(tokenFile, bao.rootToken);
    await (await client({ method: 'token', tokenFile }, {}, false)).login();
    await expect(client({ method: 'token', tokenFile })).rejects.toMatchObject({ code: 'production-refused' });
  });

  it('works in a namespace', async () => {
    await bao.must('PUT', 'sys/namespaces/team', {});
    const inside = { 'x-vault-namespace': 'team' };
    await bao.must('PUT', 'sys/mounts/transit', { type: 'transit' }, inside);
    await bao.must('PUT', 'transit/keys/mine', {}, inside);
    const made = (await bao.must('PUT', 'auth/token/create', { policies: ['root'] })) as unknown as {
      auth: { client_token: string };
    };
    const tokenFile = join(bao.folder, 'token');
    await writeFile(tokenFile, made.auth.client_token);
    const auth = { method: 'token', tokenFile } as const;
    const team = await client(auth, { namespace: 'team' }, false);
    expect(await team.transit().encrypt('mine', Buffer.from('x'))).toMatch(/^vault:v1:/);
  });

  it('refuses plain HTTP, and a server of another CA', async () => {
    const auth = await approle();
    await expect(client(auth, { address: bao.address.replace('https', 'http') })).rejects.toThrow(/https:\/\//);
    const stranger = await client(auth, { caFile: undefined });
    await expect(stranger.login()).rejects.toMatchObject({ code: 'store-unreachable' });
  });

  it('revokes its token when it is closed', async () => {
    const auth = await approle();
    const one = await client(auth);
    await one.login();
    const accessor = await newestAccessor(bao);
    expect((await bao.admin('PUT', 'auth/token/lookup-accessor', { accessor })).status).toBe(200);
    await one.close();
    expect((await bao.admin('PUT', 'auth/token/lookup-accessor', { accessor })).status).not.toBe(200);
  });
});
