// Step 9: one media type, bounded size, depth and time, strict UTF-8, and no key that could reach a prototype
// (ASVS 5.0 V1.5, V2.4; CWE-1321, CWE-400, CWE-776).
import { isUtf8 } from 'node:buffer';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { parse } from 'secure-json-parse';
import { ProblemError } from '@gatehouse/problem-details';
import type { Step } from '../step.ts';
import { checked, scanJson } from './json.rules.ts';

export const body: Step = {
  name: 'body',
  does: 'Media type, size, UTF-8, depth, parse.',
  answers: [
    'unsupported-media-type',
    'body-too-large',
    'invalid-utf8',
    'body-too-deep',
    'forbidden-key',
    'duplicate-key',
    'malformed-json',
    'request-timeout',
  ],
  server: ({ settings }) => ({ bodyLimit: settings.limits.maxBodyBytes }),
  install(app, { settings }) {
    const { maxBodyDepth, requestTimeoutMs } = settings.limits;
    app.removeAllContentTypeParsers();
    app.addContentTypeParser('application/json', { parseAs: 'buffer' }, (request, buffer, done) => {
      try {
        done(null, parseJson(request, buffer as Buffer, maxBodyDepth));
      } catch (error) {
        done(error as Error, undefined);
      }
    });
    limitHttp2Time(app, requestTimeoutMs);
  },
};

const CHARSET = /;\s*charset\s*=\s*"?([^";\s]*)/i;

function parseJson(request: FastifyRequest, buffer: Buffer, maxDepth: number): unknown {
  const charset = CHARSET.exec(request.headers['content-type'] ?? '')?.[1];
  if (charset !== undefined && charset.toLowerCase() !== 'utf-8') {
    throw new ProblemError('unsupported-media-type', { detail: 'The charset of application/json is utf-8.' });
  }
  const encoding = request.headers['content-encoding'];
  if (encoding !== undefined && encoding !== 'identity') {
    throw new ProblemError('unsupported-media-type', { detail: 'Compressed bodies are not accepted.' });
  }
  if (buffer.length === 0) throw new ProblemError('malformed-json', { detail: 'The body is empty.' });
  if (!isUtf8(buffer)) throw new ProblemError('invalid-utf8');
  const scan = scanJson(buffer, maxDepth);
  if (scan.tooDeep) throw new ProblemError('body-too-deep', { detail: `At most ${maxDepth} levels.` });
  return checked(parsed(buffer), scan);
}

function parsed(buffer: Buffer): unknown {
  try {
    return parse(buffer, { protoAction: 'error', constructorAction: 'error' }) as unknown;
  } catch (error) {
    const forbidden = error instanceof SyntaxError && error.message.includes('forbidden prototype property');
    throw new ProblemError(forbidden ? 'forbidden-key' : 'malformed-json', { cause: error });
  }
}

/** Node's requestTimeout does not cover HTTP/2: a body that has not arrived in time ends its stream with 408. */
function limitHttp2Time(app: FastifyInstance, requestTimeoutMs: number): void {
  app.addHook('preParsing', (request, reply, payload, done) => {
    if (request.raw.httpVersionMajor === 2 && !request.raw.complete) {
      const timer = setTimeout(() => {
        if (reply.sent) return;
        reply.send(new ProblemError('request-timeout'));
      }, requestTimeoutMs);
      const stop = () => clearTimeout(timer);
      payload.once('end', stop).once('close', stop).once('error', stop);
    }
    done(null, payload);
  });
}
