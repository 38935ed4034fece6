// The baseline: node:https and nothing else. It reads and parses a body, since whoever answers a POST must.
import type { AddressInfo } from 'node:net';
import { createServer } from 'node:https';
import { KEEP_ALIVE_MS, NOTE, type NEW_NOTE } from '../sample.ts';
import { serve } from './serve.ts';

serve(async ({ key, cert }) => {
  const server = createServer(
    { key, cert, minVersion: 'TLSv1.3', keepAliveTimeout: KEEP_ALIVE_MS },
    (request, response) => {
      const answer = (status: number, value: object): void => {
        const body = JSON.stringify(value);
        const headers = {
          'content-type': 'application/json; charset=utf-8',
          'content-length': Buffer.byteLength(body),
        };
        response.writeHead(status, headers).end(body);
      };
      if (request.method === 'GET') return answer(200, NOTE);
      let text = '';
      request.setEncoding('utf8');
      request.on('data', (chunk: string) => (text += chunk));
      request.on('end', () => {
        const { title, text: content } = JSON.parse(text) as typeof NEW_NOTE;
        answer(201, { id: NOTE.id, title, text: content });
      });
      return undefined;
    },
  );
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return { port: (server.address() as AddressInfo).port, ca: cert };
});
