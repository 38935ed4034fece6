// What schemathesis found: answers that OpenAPI did not name, and requests that were taken although it forbids them.
import { randomUUID } from 'node:crypto';
import type { TestService } from '@gatehouse/service/testing';
import { ledger, start } from '../start.ts';

interface Operation {
  parameters: { name: string; in: string; required: boolean }[];
  responses: Record<string, { description: string; content?: object }>;
}

describe('the OpenAPI document', () => {
  let api: TestService;
  let paths: Record<string, Record<string, Operation>>;
  beforeAll(async () => {
    api = await start();
    const document = await api.call('GET', '/openapi.json', { origin: api.urls.management });
    paths = document.body.paths as typeof paths;
  });
  afterAll(() => api.close());

  it('names every problem of a conditional change, and its header', () => {
    const { responses, parameters } = paths['/v1/accounts/{id}']?.patch as Operation;
    expect(Object.keys(responses)).toEqual(expect.arrayContaining(['200', '404', '409', '412', '428']));
    expect(parameters).toContainEqual(expect.objectContaining({ name: 'If-Match', in: 'header', required: true }));
  });

  it('names the refusals of the ledger', () => {
    const { responses } = paths['/v1/transfers']?.post as Operation;
    expect(responses['422']?.description).toContain('insufficient-funds');
  });

  it('names the media type of what is no JSON', () => {
    const { responses } = paths['/.well-known/security.txt']?.get as Operation;
    expect(responses['200']?.content).toHaveProperty(['text/plain']);
  });

  it.each(['0x10', '1e1', '+5', '%205', '5.0', '0b11'])('means what it says of limit: refuses %s', async (limit) => {
    expect((await api.call('GET', `/v1/accounts?limit=${limit}`)).status).toBe(422);
  });

  it('takes an id in either case, everywhere', async () => {
    const words = ledger(api);
    const [from, to] = [await words.funded(10), await words.account()];
    const upper = { from: from.toUpperCase(), to: to.toUpperCase(), amount: 1, currency: 'EUR' };
    const key = randomUUID();
    expect((await words.transfer(upper, key)).status).toBe(201);
    expect((await words.transfer({ ...upper, from, to }, key)).headers['idempotency-replayed']).toBe('true');
    expect((await words.transfer({ ...upper, to: from })).body.code).toBe('validation-failed');
  });
});
