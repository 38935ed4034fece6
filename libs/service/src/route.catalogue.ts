// What each route declared, read once at the start: the source of /policy, of OpenAPI's answers, of the 405 check, and of the
// refusal to start with a route on which nobody decided.
import { RequestMethod } from '@nestjs/common';
import { METHOD_METADATA, ROUTE_ARGS_METADATA } from '@nestjs/common/constants.js';
import type { ModulesContainer } from '@nestjs/core';
import { FASTIFY_ROUTE_CONFIG_METADATA } from '@nestjs/platform-fastify/constants.js';
import { z } from 'zod';
import { AUDIT_DECLARATION, AUDIT_FIELDS, type AuditDeclaration, type AuditFieldNames } from '@gatehouse/audit';
import { accessOf, type Access } from '@gatehouse/authz';
import { readRouteLimits, type RouteLimits } from '@gatehouse/rate-limit';
import { looseObjects, RESPONSE_DECLARATION, type ResponseDeclaration } from '@gatehouse/validation';
import { ConfigurationError } from './config/configuration.error.ts';

/** What one handler method declares by its decorators. */
export interface HandlerDeclaration {
  readonly controller: string;
  readonly handler: string;
  readonly body?: z.ZodType;
  /** Names of the query parameters that the handler takes. */
  readonly query: readonly string[];
  /** Names of the headers that the handler takes, in lower case. */
  readonly headers: readonly string[];
  readonly response?: ResponseDeclaration;
  /** What its event says. */
  readonly audit?: AuditDeclaration;
  readonly auditFields?: AuditFieldNames;
  /** Who may call. */
  readonly access?: Access;
  readonly limits: RouteLimits;
  /** What is undecided, in words that name the remedy. */
  readonly undecided: readonly string[];
}

/** One route of the live service. */
export interface RouteRecord extends HandlerDeclaration {
  readonly method: string;
  readonly url: string;
}

/** Every route of a service. */
export class RouteCatalogue {
  private readonly records: RouteRecord[] = [];

  add(record: RouteRecord): void {
    this.records.push(record);
  }

  all(): readonly RouteRecord[] {
    return this.records;
  }

  /** The methods that a path answers, for the Allow header of a 405. */
  methodsOf(path: string): string[] {
    const segments = path.split('/');
    return this.records.filter((record) => matches(record.url.split('/'), segments)).map((record) => record.method);
  }

  /** Every scope that a route asks for. */
  scopes(): string[] {
    const all = this.records.flatMap(({ access }) => (access?.kind === 'scopes' ? access.scopes : []));
    return [...new Set(all)].sort();
  }

  /** The first GET of the team's own that needs scopes and nothing else. */
  sample(): { path: string; scopes: readonly string[] } | undefined {
    const found = this.records.find(
      ({ method, url, access }) =>
        method === 'GET' && !/:|^\/v1\/audit\//.test(url) && access?.kind === 'scopes' && !access.senderConstrained,
    );
    return found?.access?.kind === 'scopes' ? { path: found.url, scopes: found.access.scopes } : undefined;
  }

  /**
   * @param proves whether the service can prove who calls
   * @throws ConfigurationError naming every route on which something is undecided
   */
  refuseUndecided(proves: boolean): void {
    const unproved = 'nobody can prove who they are: give the descriptor `authn: {}`';
    const lines = this.records.flatMap((route) =>
      [...route.undecided, ...(route.access?.kind === 'scopes' && !proves ? [unproved] : [])].map(
        (reason) => `  ${route.method} ${route.url} (${route.controller}.${route.handler}): ${reason}`,
      ),
    );
    if (lines.length > 0) throw new ConfigurationError(`these routes are undecided:\n${lines.join('\n')}`);
  }
}

function matches(pattern: string[], path: string[]): boolean {
  return pattern.length === path.length && pattern.every((part, index) => part.startsWith(':') || part === path[index]);
}

/** Nest's numbers for the kinds of handler parameters (RouteParamtypes). */
const PARAMETER_KIND = { body: 3, query: 4, param: 5, headers: 6 } as const;

interface RouteArgument {
  readonly index: number;
  readonly data?: string;
  readonly schema?: z.ZodType;
}

/**
 * Reads the decorators of every controller and leaves a {@link HandlerDeclaration} in the Fastify route config of each handler
 * method, where the `onRoute` hook finds it. To be called before Nest registers its routes.
 *
 * @param audited whether a route that changes something has to say so by @Audit
 */
export function readHandlers(modules: ModulesContainer, audited: boolean): void {
  for (const module of modules.values()) {
    for (const { metatype } of module.controllers.values()) {
      if (typeof metatype !== 'function') continue;
      for (const handler of Object.getOwnPropertyNames(metatype.prototype)) {
        const method: unknown = Object.getOwnPropertyDescriptor(metatype.prototype, handler)?.value;
        if (typeof method !== 'function' || handler === 'constructor') continue;
        const config = Reflect.getMetadata(FASTIFY_ROUTE_CONFIG_METADATA, method) as object | undefined;
        const gatehouse = declaration(metatype, handler, method, audited);
        Reflect.defineMetadata(FASTIFY_ROUTE_CONFIG_METADATA, { ...config, gatehouse }, method);
      }
    }
  }
}

function declaration(
  controller: { name: string },
  handler: string,
  method: object,
  audited: boolean,
): HandlerDeclaration {
  const args = (Reflect.getMetadata(ROUTE_ARGS_METADATA, controller, handler) ?? {}) as Record<string, RouteArgument>;
  const undecided: string[] = [];
  const query: string[] = [];
  const headers: string[] = [];
  let body: z.ZodType | undefined;
  for (const [key, { data, schema }] of Object.entries(args)) {
    const kind = Number(key.split(':')[0]);
    if (kind === PARAMETER_KIND.body) {
      body = schema;
      if (!schema) undecided.push('give the body a schema: @Body({ schema })');
      else undecided.push(...looseObjects(schema).map((at) => `make the body schema strict at ${at}: z.strictObject`));
    } else if (kind === PARAMETER_KIND.query) {
      if (!schema) undecided.push('give the query a schema: @Query({ schema })');
      else if (data !== undefined) query.push(data);
      else
        query.push(
          ...Object.keys((z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' }).properties ?? {}) as object),
        );
    } else if (kind === PARAMETER_KIND.headers && data !== undefined) {
      headers.push(data.toLowerCase());
    } else if (kind === PARAMETER_KIND.param && !schema) {
      undecided.push(`give the path parameter a schema: @Param('${data ?? 'id'}', { schema })`);
    }
  }
  const response = Reflect.getMetadata(RESPONSE_DECLARATION, method) as ResponseDeclaration | undefined;
  if (!response) undecided.push('declare the answer: @Returns(schema) or @ReturnsNothing()');
  const limits = readRouteLimits(controller, method);
  undecided.push(...limits.undecided);
  const access = accessOf(controller, method);
  if (!access) undecided.push("say who may call: @Scopes('…') or @Public('why')");
  const audit = Reflect.getMetadata(AUDIT_DECLARATION, method) as AuditDeclaration | undefined;
  const auditFields = Reflect.getMetadata(AUDIT_FIELDS, method) as AuditFieldNames | undefined;
  if (audited && !audit && changes(method))
    undecided.push("say what it does in the audit journal: @Audit('thing.verb')");
  return {
    controller: controller.name,
    handler,
    body,
    query,
    headers,
    response,
    access,
    limits,
    audit,
    auditFields,
    undecided,
  };
}

/** Whether a handler is that of a method that may change something. */
function changes(method: object): boolean {
  const verb = Reflect.getMetadata(METHOD_METADATA, method) as RequestMethod | undefined;
  return verb !== undefined && ![RequestMethod.GET, RequestMethod.HEAD, RequestMethod.OPTIONS].includes(verb);
}
