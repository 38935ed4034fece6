// A step of the request path. The list of them (steps/index.ts) is the whole story of a request, in order; docs/request-path.md
// draws it, and a test holds the two together.
import type { FastifyInstance, FastifyReply, FastifyRequest, FastifyServerOptions, RouteOptions } from 'fastify';
import type { Authenticator } from '@gatehouse/authn';
import type { Detector } from '@gatehouse/detection';
import type { HealthRegistry, Logger, Metrics, Traces } from '@gatehouse/observability';
import type { ProblemCode } from '@gatehouse/problem-details';
import type { RateLimiter } from '@gatehouse/rate-limit';
import type { Secrets } from '@gatehouse/secrets';
import type { Tls } from '@gatehouse/tls';
import type { SharedValkey } from '@gatehouse/valkey';
import type { ServiceAudit } from './audit/open-audit.ts';
import type { ServiceSettings } from './config/settings.ts';
import type { Identifiers } from './identifiers.ts';
import type { RouteCatalogue, RouteRecord } from './route.catalogue.ts';

/** What every step works with. Made once, before anything listens. */
export interface ServiceContext {
  readonly settings: ServiceSettings;
  readonly log: Logger;
  readonly health: HealthRegistry;
  /** Who somebody is, as logs and alerts have it. */
  readonly identifiers: Identifiers;
  readonly metrics: Metrics;
  /** Undefined unless the descriptor says where spans go. */
  readonly traces?: Traces;
  readonly detector: Detector;
  readonly limits: RateLimiter;
  /** What the replicas share; undefined where none is configured. */
  readonly valkey?: SharedValkey;
  readonly secrets: Secrets;
  readonly tls: Tls;
  readonly routes: RouteCatalogue;
  /** The journal; absent only where a path without its step is measured. */
  readonly audit?: ServiceAudit;
  /** Set before the request path is made; undefined for a service whose every route is @Public. */
  authn?: Authenticator;
  /** Whether the tokens are those of the development identity provider. */
  developmentIssuer?: boolean;
  /** True from the moment that shutdown begins. */
  draining: boolean;
}

/** One row of the request path. Whatever a step does not need, it leaves out. */
export interface Step {
  readonly name: string;
  /** One sentence for the docs. */
  readonly does: string;
  /** Every problem that this step can answer. */
  readonly answers: readonly ProblemCode[];
  /** False while the step has its place but another release brings it. */
  readonly planned?: true;
  /** Options that Fastify wants when it is made. */
  readonly server?: (context: ServiceContext) => FastifyServerOptions;
  /** Hooks for every request. */
  readonly install?: (app: FastifyInstance, context: ServiceContext) => void;
  /** Hooks for one route, made once from what the route declares. */
  readonly onRoute?: (options: RouteOptions, route: RouteRecord, context: ServiceContext) => void;
  /** Told of every request that has ended, however it did: answered, refused by the router, gone. Must be quick and not throw. */
  readonly outcome?: (context: ServiceContext) => Outcome | undefined;
}

/** See {@link Step.outcome}. */
export type Outcome = (request: FastifyRequest, reply: FastifyReply) => void;
