// The load: a fixed number of requests over keep-alive connections, each answer compared with what it must be; or as many
// handshakes.
import { randomUUID } from 'node:crypto';
import { Agent, request } from 'node:https';
import { serveParent, type Call, type Handshakes, type Round } from './child.protocol.ts';
import { shakeHands } from './load.handshakes.ts';

const agents = new Map<number, Agent>();

serveParent((order: Round | Handshakes) => ('handshakes' in order ? shakeHands(order) : playRound(order)));

async function playRound(round: Round): Promise<boolean> {
  const { port, ca, connections } = round;
  const agent = agents.get(port) ?? new Agent({ keepAlive: true, ca, minVersion: 'TLSv1.3' });
  agents.set(port, agent);
  agent.maxSockets = connections; // a first request alone opened the agent, and is no limit for the load
  let left = round.requests;
  const one = async (): Promise<void> => {
    while (left-- > 0) await send(round.call, left, port, agent);
  };
  await Promise.all(Array.from({ length: connections }, one));
  return true;
}

function send(call: Call, turn: number, port: number, agent: Agent): Promise<void> {
  const { method, status, text, freshHeader } = call;
  const body = call.bodies?.[turn % call.bodies.length];
  const token = call.tokens?.[turn % call.tokens.length];
  const headers: Record<string, string | number> = {
    ...(body === undefined ? {} : { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) }),
    ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
    ...(freshHeader === undefined ? {} : { [freshHeader]: randomUUID() }),
  };
  const path = call.paths[turn % call.paths.length];
  return new Promise((resolve, reject) => {
    const sent = request({ agent, host: 'localhost', port, method, path, headers, timeout: 5_000 }, (response) => {
      let got = '';
      response.setEncoding('utf8');
      response.on('data', (chunk: string) => (got += chunk));
      response.on('end', () => {
        const isRight = response.statusCode === status && (text === undefined || got === text);
        return isRight
          ? resolve()
          : reject(new Error(`${method} answered ${response.statusCode}: ${got.slice(0, 200)}`));
      });
      response.on('error', reject);
    });
    sent.on('error', reject);
    sent.on('timeout', () => sent.destroy(new Error(`${method} gave no answer within 5 s`)));
    sent.end(body);
  });
}
