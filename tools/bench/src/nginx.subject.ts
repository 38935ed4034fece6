// nginx with the same certificate and the same answer, where it is installed: one worker, so that one process is to be counted.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { BenchSession } from './bench.session.ts';
import { ask, freePorts } from './https.client.ts';
import { processUsage } from './process.usage.ts';
import { NOTE_CALLS, NOTE_JSON, PATH } from './sample.ts';
import type { Subject } from './subject.ts';

const START_WITHIN_MS = 5_000;

/** @throws Error when nginx is not installed, or does not start */
export async function startNginx(session: BenchSession): Promise<Subject> {
  const folder = join(session.folder, 'nginx');
  const [port = 0] = await freePorts(1);
  await mkdir(folder);
  await writeFile(join(folder, 'cert.pem'), session.certificate.cert);
  await writeFile(join(folder, 'key.pem'), session.certificate.key, { mode: 0o600 });
  await writeFile(join(folder, 'nginx.conf'), configuration(folder, port));
  const begin = performance.now();
  const nginx = spawn('nginx', ['-p', folder, '-c', join(folder, 'nginx.conf')], { stdio: 'ignore' });
  let failure: Error | undefined;
  nginx.on('error', ({ message }) => (failure = new Error(/ENOENT/.test(message) ? 'it is not installed' : message)));
  session.onEnd(async () => {
    if (nginx.pid === undefined || nginx.exitCode !== null) return;
    const gone = once(nginx, 'exit');
    nginx.kill('SIGTERM');
    await gone;
  });
  const at = { port, ca: session.certificate.cert };
  while (!(await ask(at, 'GET', PATH).catch(() => undefined))) {
    if (failure) throw failure;
    if (nginx.exitCode !== null) throw new Error(`it ended with exit code ${nginx.exitCode}`);
    if (performance.now() - begin > START_WITHIN_MS) throw new Error(`no answer within ${START_WITHIN_MS} ms`);
    await delay(20);
  }
  const worker = await childOf(nginx.pid as number);
  return session.answering({ name: 'nginx', at, calls: NOTE_CALLS, usage: () => processUsage(worker) }, begin);
}

async function childOf(pid: number): Promise<number> {
  const children = await readFile(`/proc/${pid}/task/${pid}/children`, 'utf8');
  return Number(children.trim().split(' ')[0]);
}

const configuration = (folder: string, port: number): string => `
daemon off;
worker_processes 1;
pid ${folder}/nginx.pid;
error_log ${folder}/error.log;
events { worker_connections 512; }
http {
  access_log off;
  client_body_temp_path ${folder}/body;
  proxy_temp_path ${folder}/proxy;
  fastcgi_temp_path ${folder}/fastcgi;
  uwsgi_temp_path ${folder}/uwsgi;
  scgi_temp_path ${folder}/scgi;
  server {
    listen 127.0.0.1:${port} ssl;
    ssl_certificate ${folder}/cert.pem;
    ssl_certificate_key ${folder}/key.pem;
    ssl_protocols TLSv1.3;
    ssl_session_tickets on;
    default_type application/json;
    location / { return 200 '${NOTE_JSON}'; }
  }
}
`;
