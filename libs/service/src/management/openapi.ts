// The OpenAPI document of the live service: Nest's own generator for paths, parameters and bodies, completed by what the route
// catalogue knows: what leaves, and what each step can answer.
import type { INestApplication } from '@nestjs/common';
import type { OpenAPIObject } from '@nestjs/swagger';

type SchemaObject = NonNullable<NonNullable<OpenAPIObject['components']>['schemas']>[string];
import { PROBLEM_MEDIA_TYPE, problemType } from '@gatehouse/problem-details';
import type { ServiceContext, Step } from '../step.ts';

type Operation = { parameters?: object[]; responses: Record<string, unknown>; security?: Record<string, string[]>[] };

const CREDENTIAL = {
  type: 'http',
  scheme: 'bearer',
  description: 'An access token (JWT) or an API key, with the scopes that the operation lists.',
} as const;

/** Builds the document; takes some 50 ms, so it is made on the first request for it. */
export async function openApiDocument(
  app: INestApplication,
  steps: readonly Step[],
  context: ServiceContext,
): Promise<OpenAPIObject> {
  const { DocumentBuilder, SwaggerModule } = await import('@nestjs/swagger');
  const { name, description, version } = context.settings;
  const config = new DocumentBuilder()
    .setOpenAPIVersion('3.1.0')
    .setTitle(name)
    .setDescription(description)
    .setVersion(version)
    .build();
  const document = SwaggerModule.createDocument(app, config);
  document.servers = [{ url: context.settings.publicOrigin ?? `https://localhost:${context.settings.ports.https}` }];
  document.components = {
    ...document.components,
    schemas: { ...document.components?.schemas, Problem: problemSchema },
    ...(context.authn && { securitySchemes: { credential: CREDENTIAL } }),
  };
  for (const route of context.routes.all()) {
    const path = document.paths[route.url.replaceAll(/:(\w+)/g, '{$1}')] as Record<string, Operation> | undefined;
    const operation = path?.[route.method.toLowerCase()];
    if (!operation || !route.response) continue;
    const { status, schema, mediaType = 'application/json', problems = [] } = route.response;
    const conditional = route.headers.includes('if-match') ? PRECONDITIONS : [];
    if (conditional.length > 0) operation.parameters = [...(operation.parameters ?? []), IF_MATCH];
    operation.security = route.access?.kind === 'scopes' ? [{ credential: [...route.access.scopes] }] : [];
    operation.responses = {
      [status]: { description: 'Success', ...(schema && { content: { [mediaType]: { schema } } }) },
      ...problemResponses(steps, [...conditional, ...problems]),
    };
  }
  return document;
}

/** What a route that takes If-Match answers: `expectedVersion` and `stale` of @gatehouse/validation. */
const PRECONDITIONS = ['precondition-required', 'precondition-failed'];

const IF_MATCH = {
  name: 'If-Match',
  in: 'header',
  required: true,
  description: 'The ETag of what is changed',
  schema: { type: 'string', pattern: '^"[0-9]{1,9}"$' },
};

function problemResponses(steps: readonly Step[], own: readonly string[]): Record<string, unknown> {
  const codes = new Set([...steps.filter((step) => !step.planned).flatMap((step) => step.answers), ...own]);
  const byStatus = Map.groupBy(codes, (code) => problemType(code).status);
  const content = { [PROBLEM_MEDIA_TYPE]: { schema: { $ref: '#/components/schemas/Problem' } } };
  return Object.fromEntries([...byStatus].map(([status, list]) => [status, { description: list.join(', '), content }]));
}

const problemSchema: SchemaObject = {
  type: 'object',
  description: 'RFC 9457 problem details.',
  required: ['type', 'title', 'status', 'code'],
  properties: {
    type: { type: 'string' },
    title: { type: 'string' },
    status: { type: 'integer' },
    detail: { type: 'string' },
    code: { type: 'string' },
    requestId: { type: 'string' },
    errors: {
      type: 'array',
      items: {
        type: 'object',
        required: ['detail'],
        properties: { pointer: { type: 'string' }, parameter: { type: 'string' }, detail: { type: 'string' } },
      },
    },
  },
};
