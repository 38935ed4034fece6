// The load: a fixed number of requests over keep-alive connections, each answer compared with the bytes that it must be.
import { Agent, request } from 'node:https';
import { serveParent, type Round } from './child.protocol.ts';
import { NEW_NOTE, NOTE_JSON, PATH, POST_PATH } from './sample.ts';

const BODY = JSON.stringify(NEW_NOTE);
const agents = new Map<number, Agent>();

serveParent(async (round: Round) => {
  const { port, ca, connections } = round;
  const agent = agents.get(port) ?? new Agent({ keepAlive: true, maxSockets: connections, ca, minVersion: 'TLSv1.3' });
  agents.set(port, agent);
  let left = round.requests;
  const one = async (): Promise<void> => {
    while (left-- > 0) await call(round, agent);
  };
  await Promise.all(Array.from({ length: connections }, one));
  return true;
});

function call({ port, method }: Round, agent: Agent): Promise<void> {
  const isPost = method === 'POST';
  const headers = isPost ? { 'content-type': 'application/json', 'content-length': Buffer.byteLength(BODY) } : {};
  const options = { agent, host: 'localhost', port, method, path: isPost ? POST_PATH : PATH, headers, timeout: 5_000 };
  return new Promise((resolve, reject) => {
    const sent = request(options, (response) => {
      let text = '';
      response.setEncoding('utf8');
      response.on('data', (chunk: string) => (text += chunk));
      response.on('end', () => {
        const isRight = response.statusCode === (isPost ? 201 : 200) && text === NOTE_JSON;
        return isRight
          ? resolve()
          : reject(new Error(`${method} answered ${response.statusCode}: ${text.slice(0, 200)}`));
      });
      response.on('error', reject);
    });
    sent.on('error', reject);
    sent.on('timeout', () => sent.destroy(new Error(`${method} gave no answer within 5 s`)));
    sent.end(isPost ? BODY : undefined);
  });
}
