// A service that is too busy to answer is no service that takes a proof twice.
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { runConformance } from '../src/index.ts';
import { makeAuthority, makeLeaf } from '../src/process/throwaway.certificates.ts';
import { fixtureToken, issuerKey } from './fixtures/fixture.issuer.ts';

const OPENAPI = {
  openapi: '3.1.0',
  info: { title: 'busy', version: '1' },
  paths: { '/v1/notes': { get: { security: [{ bearer: [] }], responses: { 200: { description: 'notes' } } } } },
};

it('does not take the first proof that a service sees for the second', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'gatehouse-lost-answer-'));
  const authority = await makeAuthority();
  const seen = new Set<unknown>();
  const proofs = new Set<unknown>();
  const server = createServer(await makeLeaf(authority), (request, answer) => {
    const { dpop } = request.headers;
    const isLost = dpop !== undefined && !seen.has(dpop);
    if (isLost)
      seen.add(dpop); // and no answer
    else if (dpop !== undefined && proofs.has(dpop)) answer.writeHead(401).end();
    else {
      proofs.add(dpop);
      answer.writeHead(200, { 'content-type': 'application/json' }).end('{}');
    }
  });
  try {
    await once(server.listen(0, '127.0.0.1'), 'listening');
    const [caFile, openapi] = [join(folder, 'ca.pem'), join(folder, 'openapi.json')];
    await writeFile(caFile, authority.pem);
    await writeFile(openapi, JSON.stringify(OPENAPI));
    const { results } = await runConformance({
      ...{ url: `https://localhost:${(server.address() as AddressInfo).port}`, caFile, openapi },
      ...{ token: fixtureToken(), issuerKey, only: ['auth-dpop-replay'], timeoutMs: 500 },
    });
    expect(results[0]).toMatchObject({ status: 'skipped', reason: 'the service takes no DPoP-bound tokens' });
    expect(seen.size).toBe(1);
  } finally {
    server.closeAllConnections();
    server.close();
    await rm(folder, { recursive: true, force: true });
  }
});
