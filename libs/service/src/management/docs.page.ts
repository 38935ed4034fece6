// `/docs`: Swagger UI over the live OpenAPI document, from the package's own files; nothing is fetched from anywhere else.
import { createReadStream, existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import type { FastifyInstance } from 'fastify';

const FILES: Record<string, string> = {
  'swagger-ui.css': 'text/css; charset=utf-8',
  'swagger-ui-bundle.js': 'text/javascript; charset=utf-8',
};

const PAGE = `<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><title>API</title><link rel="stylesheet" href="/docs/swagger-ui.css"></head>
<body><div id="ui"></div><script src="/docs/swagger-ui-bundle.js"></script><script src="/docs/start.js"></script></body>
</html>
`;

const START = `SwaggerUIBundle({ url: '/openapi.json', dom_id: '#ui', deepLinking: true, supportedSubmitMethods: [] });\n`;

const POLICY = "default-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; frame-ancestors 'none'";

/** Adds the page. Where Swagger UI's files are not in reach (a one-file bundle), the page is not there. */
export function docsPage(app: FastifyInstance): void {
  const folder = swaggerUiFolder();
  if (!folder) return;
  app.get('/docs', (_request, reply) =>
    reply.header('content-security-policy', POLICY).type('text/html; charset=utf-8').send(PAGE),
  );
  app.get('/docs/start.js', (_request, reply) => reply.type('text/javascript; charset=utf-8').send(START));
  for (const [file, type] of Object.entries(FILES)) {
    app.get(`/docs/${file}`, (_request, reply) => reply.type(type).send(createReadStream(join(folder, file))));
  }
}

function swaggerUiFolder(): string | undefined {
  try {
    const folder = dirname(createRequire(import.meta.url).resolve('swagger-ui-dist/package.json'));
    return existsSync(join(folder, 'swagger-ui-bundle.js')) ? folder : undefined;
  } catch {
    return undefined;
  }
}
