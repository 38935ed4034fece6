// One request at a time, for what is not measured.
import { request } from 'node:https';
import { createServer, type AddressInfo } from 'node:net';
import type { Listening } from './child.protocol.ts';

/** @throws Error when there is no answer within 5 s */
export function ask(
  { port, ca }: Listening,
  method: string,
  path: string,
  body?: object,
  token?: string,
): Promise<{ status: number; text: string }> {
  const headers = {
    ...(body === undefined ? {} : { 'content-type': 'application/json' }),
    ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
  };
  const options = { host: 'localhost', port, ca, method, path, headers, agent: false, timeout: 5_000 };
  return new Promise((resolve, reject) => {
    const sent = request(options, (response) => {
      let text = '';
      response.setEncoding('utf8');
      response.on('data', (chunk: string) => (text += chunk));
      response.on('error', reject).on('end', () => resolve({ status: response.statusCode ?? 0, text }));
    });
    sent.on('error', reject).on('timeout', () => sent.destroy(new Error(`${method} gave no answer within 5 s`)));
    sent.end(body === undefined ? undefined : JSON.stringify(body));
  });
}

/** Ports that nobody holds just now. */
export async function freePorts(count: number): Promise<number[]> {
  const servers = Array.from({ length: count }, () => createServer());
  await Promise.all(
    servers.map((server) => new Promise<void>((resolve) => server.listen(0, '127.0.0.1', () => resolve()))),
  );
  const ports = servers.map((server) => (server.address() as AddressInfo).port);
  await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))));
  return ports;
}
