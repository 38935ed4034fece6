// The descriptor of a service: one zod schema is the source of its type, its defaults and its documentation. The smallest
// descriptor (root, name, ports) is valid and safe. Unknown keys stop the start with their path (architecture: deny by default).
import { z } from 'zod';
import { auditOptionsSchema } from '@gatehouse/audit/options';
import { authnOptionsSchema } from '@gatehouse/authn/options';
import { hstsSchema, tlsOptionsSchema } from '@gatehouse/tls/options';
import { databaseOptionsSchema } from '@gatehouse/database/options';
import { detectionOptionsSchema } from '@gatehouse/detection/options';
import { rateLimitOptionsSchema } from '@gatehouse/rate-limit/options';
import { LOG_LEVELS, tracesOptionsSchema } from '@gatehouse/observability/options';
import { valkeyOptionsSchema } from '@gatehouse/valkey/options';
import { managementSchema } from '../management/management.options.ts';
import { defineSecrets, secretsOptionsSchema, type SecretDeclarations } from '@gatehouse/secrets/options';

const port = z.int().min(0).max(65_535);

export const limitsSchema = z
  .strictObject({
    maxBodyBytes: z.int().min(1).max(104_857_600).default(65_536).meta({
      description:
        'Largest request body, in bytes; above it 413. Raise it per service, never for uploads: those belong in an object store.',
    }),
    maxBodyDepth: z
      .int()
      .min(1)
      .max(512)
      .default(32)
      .meta({ description: 'Deepest nesting of a JSON body; above it 400.' }),
    maxHeaderBytes: z
      .int()
      .min(1_024)
      .max(65_536)
      .default(16_384)
      .meta({ description: 'Request line and headers together, in bytes; above it 431.' }),
    maxUrlBytes: z
      .int()
      .min(64)
      .max(16_384)
      .default(2_048)
      .meta({ description: 'Path and query, in bytes; above it 414.' }),
    handshakeTimeoutMs: z.int().min(100).max(60_000).default(10_000).meta({
      description: 'How long a client may take for the TLS handshake, in milliseconds; then the connection is closed.',
    }),
    headersTimeoutMs: z.int().min(100).max(60_000).default(10_000).meta({
      description: 'How long a client may take to send the headers, in milliseconds; then the connection is closed.',
    }),
    requestTimeoutMs: z
      .int()
      .min(100)
      .max(600_000)
      .default(12_000)
      .meta({ description: 'How long a client may take to send the whole request, in milliseconds; then 408.' }),
    handlerTimeoutMs: z
      .int()
      .min(100)
      .max(600_000)
      .default(30_000)
      .meta({ description: 'How long a handler may take, in milliseconds; then 503.' }),
    keepAliveTimeoutMs: z
      .int()
      .min(0)
      .max(600_000)
      .default(10_000)
      .meta({ description: 'How long an idle connection is kept, in milliseconds (HTTP/1.1 and HTTP/2).' }),
    maxConnections: z
      .int()
      .min(1)
      .max(1_000_000)
      .default(10_000)
      .meta({ description: 'Open connections of this process; above it new ones are closed at once.' }),
    maxConcurrentStreams: z
      .int()
      .min(1)
      .max(1_000)
      .default(100)
      .meta({ description: 'HTTP/2 streams of one connection at a time.' }),
    maxConnectionsPerAddress: z.int().min(1).max(1_000_000).default(1_000).meta({
      description:
        'Open connections of one address (IPv6: one /64, see rateLimit); above it new ones are closed at once. An office behind one address has hundreds. Listed proxies are not counted.',
    }),
    maxRequestsInFlight: z.int().min(1).max(1_000_000).default(1_000).meta({
      description:
        'Requests under way in this process; above it 503. At 64 KiB a body they hold 64 MiB at most, and wait for a second where the process answers a thousand a second.',
    }),
    maxEventLoopLagMs: z.int().min(10).max(60_000).default(500).meta({
      description:
        'Mean lag of the event loop, in milliseconds; above it for a second, 503. Far above what a busy process shows: then nobody is served in time any more.',
    }),
  })
  .prefault({});

export const headersSchema = z
  .strictObject({
    hstsMaxAgeSeconds: z.int().min(0).default(63_072_000).meta({
      description:
        'Strict-Transport-Security max-age, in seconds (RFC 6797; ASVS 5.0 V3.4.1 asks for a year or more). 0 tells browsers to forget the policy.',
    }),
    hstsIncludeSubDomains: z.boolean().default(true).meta({
      description: 'Covers every sub-domain too. Turn it off only while a sub-domain still needs plain HTTP.',
    }),
    hstsPreload: hstsSchema.shape.preload,
    hstsLocalNames: hstsSchema.shape.localNames,
    contentSecurityPolicy: z
      .string()
      .min(1)
      .default("default-src 'none'; frame-ancestors 'none'")
      .meta({ description: 'The policy on every API answer. An API serves nothing that a browser should render.' }),
    cacheControl: z
      .string()
      .min(1)
      .default('no-store')
      .meta({ description: 'Cache-Control of every API answer (ASVS 5.0 V14.3.2); a handler may set its own.' }),
  })
  .refine((own) => !own.hstsPreload || (own.hstsIncludeSubDomains && own.hstsMaxAgeSeconds >= 31_536_000), {
    message: 'hstsPreload needs hstsIncludeSubDomains, and hstsMaxAgeSeconds of a year (31536000) at least',
    path: ['hstsPreload'],
  })
  .prefault({});

export const shutdownSchema = z
  .strictObject({
    graceMs: z.int().min(0).max(120_000).default(0).meta({
      description:
        'After SIGTERM: how long connections are still accepted while the ready probe already fails, in milliseconds. Behind a balancer, longer than its probe interval.',
    }),
    drainMs: z
      .int()
      .min(0)
      .max(600_000)
      .default(10_000)
      .meta({ description: 'How long requests in flight may take to finish, in milliseconds; then they are cut.' }),
  })
  .prefault({});

function isDeclared(value: unknown): boolean {
  try {
    return Boolean(defineSecrets(value as SecretDeclarations));
  } catch {
    return false;
  }
}

export const serviceOptionsSchema = z.strictObject({
  root: z.string().min(1).meta({ description: 'The folder of the service: import.meta.dirname.' }),
  name: z
    .string()
    .regex(/^[a-z][a-z0-9-]{0,38}[a-z0-9]$/, 'use 2–40 of a–z, 0–9 and -, beginning with a letter')
    .meta({ description: 'The name of the service: folder, container, log field.' }),
  description: z
    .string()
    .max(200)
    .default('')
    .meta({ description: 'One sentence for people: OpenAPI and the table of services show it.' }),
  version: z.string().default('0.0.0').meta({ description: 'Version of the API, as OpenAPI shows it.' }),
  ports: z.strictObject({
    https: port.meta({ description: 'HTTPS, HTTP/2 and HTTP/1.1.' }),
    http: port.meta({ description: 'The plain-HTTP gate: redirects a browser, refuses the rest.' }),
    management: port.meta({ description: 'Management over HTTPS: metrics, health with details, OpenAPI.' }),
  }),
  host: z
    .string()
    .min(1)
    .default('127.0.0.1')
    .meta({ description: 'The address that HTTPS and the gate listen on. 0.0.0.0 in a container.' }),
  managementHost: z.string().min(1).default('127.0.0.1').meta({
    description:
      'The address of the management listener. Production refuses another than loopback, unless management says who may call.',
  }),
  management: managementSchema,
  publicOrigin: z
    .url({ protocol: /^https$/ })
    .optional()
    .meta({
      description:
        'How callers reach the service, such as https://api.example.com: where the gate redirects to. By default https://localhost and the port.',
    }),
  trustedProxies: z
    .array(z.union([z.cidrv4(), z.cidrv6(), z.ipv4(), z.ipv6()]))
    .default([])
    .meta({ description: 'Addresses whose X-Forwarded-For is believed. Nobody by default; everybody is refused.' }),
  securityContact: z
    .array(z.string().regex(/^(mailto:|https:\/\/|tel:)/, 'begin with mailto:, https:// or tel:'))
    .default([])
    .meta({ description: 'Contact lines of /.well-known/security.txt (RFC 9116).' }),
  logLevel: z.enum(LOG_LEVELS).default('info').meta({ description: 'The quietest level that is still logged.' }),
  requestLog: z
    .boolean()
    .default(true)
    .meta({ description: 'One log line a request, without query, headers or body.' }),
  requestLogSample: z.number().min(0).max(1).default(1).meta({
    description:
      'Share of the requests that went well (below 400) which get a line; it says `sample` then. What went wrong always gets one. The metrics and the audit have all.',
  }),
  identifiers: z.enum(['keyed', 'clear']).default('keyed').meta({
    description:
      'Addresses, accounts and principals in log lines, alerts and what the webhook gets: as keyed HMACs, the same as in the audit events, so that they can be matched and not read. clear makes personal data (GDPR Art. 4) of every log line and alert, wherever they go, for as long as they are kept there.',
  }),
  traces: tracesOptionsSchema.optional().meta({
    description:
      'Spans by OpenTelemetry, posted to a collector of yours. Left out, there are none, and nothing of it is loaded.',
  }),
  limits: limitsSchema,
  headers: headersSchema,
  shutdown: shutdownSchema,
  rateLimit: rateLimitOptionsSchema.prefault({}).meta({ description: 'See @gatehouse/rate-limit.' }),
  valkey: valkeyOptionsSchema.optional().meta({
    description:
      'What the replicas share: limits, what must be seen once, revocations without a database. See @gatehouse/valkey.',
  }),
  tls: tlsOptionsSchema.prefault({}).meta({ description: 'See @gatehouse/tls.' }),
  secrets: z
    .custom<SecretDeclarations>((value) => isDeclared(value), 'make it with defineSecrets() of @gatehouse/secrets')
    .default({})
    .meta({ description: 'What the service needs to know and nobody else may: names and types, no value.' }),
  secretStore: secretsOptionsSchema
    .prefault({})
    .meta({ description: 'How secrets are fetched; see @gatehouse/secrets. From where, the environment says.' }),
  detection: detectionOptionsSchema
    .prefault({})
    .meta({ description: 'Suspicious traffic; see @gatehouse/detection. On, and does nothing to a caller.' }),
  audit: auditOptionsSchema.prefault({}).meta({ description: 'See @gatehouse/audit.' }),
  authn: z
    .strictObject({
      audience: z.string().min(1).optional().meta({
        description: 'The `aud` of tokens that are for this service; by default its name.',
      }),
      ...authnOptionsSchema.shape,
    })
    .optional()
    .meta({
      description:
        'Who may prove who they are, and how; see @gatehouse/authn. Left out, every route has to be @Public.',
    }),
  database: databaseOptionsSchema
    .optional()
    .meta({ description: 'See @gatehouse/database; left out, the service has none.' }),
});

/** What a service.config.ts may say. */
export type ServiceOptions = z.input<typeof serviceOptionsSchema>;

/** A checked descriptor, with every default filled in. */
export type ServiceDescriptor = Readonly<z.output<typeof serviceOptionsSchema>>;
