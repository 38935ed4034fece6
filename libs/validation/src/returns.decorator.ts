// Only declared fields leave (OWASP API3:2023, ASVS 5.0 V15.3.1): the response schema becomes the route's serialiser, so
// that a column added to a table is never served by accident. Compiled once (fast-json-stringify), not run per request.
import { applyDecorators, HttpCode, SetMetadata } from '@nestjs/common';
import { RouteSchema } from '@nestjs/platform-fastify';
import { z } from 'zod';

/** Metadata key under which a route's {@link ResponseDeclaration} stands. */
export const RESPONSE_DECLARATION = 'gatehouse:returns';

/** What a route answers when it succeeds. */
export interface ResponseDeclaration {
  /** HTTP status, 200–299. */
  readonly status: number;
  /** JSON Schema (draft 7) of the body; absent for an answer without a body. */
  readonly schema?: Record<string, unknown>;
  /** Of the body; application/json by default. */
  readonly mediaType?: string;
  /** Codes of problems that this route answers beside those that every route does. */
  readonly problems?: readonly string[];
}

/**
 * Declares what a route answers. A field that the schema does not name is left out of the answer.
 *
 * @param schema a zod object (or array, union, …) of the body
 * @param options `problems`: codes that this route answers beside those that every route does; OpenAPI shows them
 * @throws Error when the schema has a part that JSON cannot carry, such as a Date or a bigint
 * @example @Get(':id') @Returns(accountView) find(…) {…}
 */
export function Returns(
  schema: z.ZodType,
  options: Partial<Omit<ResponseDeclaration, 'schema'>> = {},
): MethodDecorator {
  const { status = 200 } = options;
  const json = z.toJSONSchema(schema, { target: 'draft-7', io: 'output' }) as Record<string, unknown>;
  delete json.$schema;
  return declare({ ...options, status, schema: json });
}

/** Declares an answer without a body (204). */
export const ReturnsNothing = (): MethodDecorator => declare({ status: 204 });

function declare(declaration: ResponseDeclaration): MethodDecorator {
  const { status, schema } = declaration;
  return applyDecorators(
    HttpCode(status),
    SetMetadata(RESPONSE_DECLARATION, declaration),
    RouteSchema({ response: schema ? { [status]: schema } : {} }),
  ) as MethodDecorator;
}
