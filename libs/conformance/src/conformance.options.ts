// What a run is told: one schema is the source of types, defaults and documentation.
import { z } from 'zod';
import { SEVERITIES } from './check.ts';

const url = (protocols: RegExp, what: string) =>
  z.url({ protocol: protocols, error: `must be ${what}` }).transform((text) => new URL(text));

/** How to start the service, for the checks that must start it themselves. */
export const commandSchema = z.strictObject({
  /** Program and arguments; no shell is involved. */
  argv: z.array(z.string()).min(1),
  /** Folder to start in. Default: the current one. */
  cwd: z.string().optional(),
  /** Added to the environment. The ports are handed over as `GATEHOUSE_{HTTPS,HTTP,MANAGEMENT}_PORT`. */
  env: z.record(z.string(), z.string()).default({}),
  /** Settings that must each stop the start, by name of the variable. */
  unsafeSettings: z
    .array(z.record(z.string(), z.string()))
    .default([{ GATEHOUSE_TRUSTED_PROXIES: '0.0.0.0/0' }, { GATEHOUSE_NO_SUCH_SETTING: '1' }]),
  /** Longest time to be ready and to end, each, seconds. */
  startSeconds: z.number().positive().max(120).default(20),
  /** Longest time to notice that a certificate file was replaced, seconds. */
  reloadSeconds: z.number().positive().max(600).default(20),
});

/** Where the service is, and how far a run may go. Only `url` is needed. */
export const conformanceOptionsSchema = z.strictObject({
  /** The HTTPS address of the service. */
  url: url(/^https$/, 'an https:// address'),
  /** The plain-HTTP address, which must answer; without it the checks of the gate are skipped. */
  http: url(/^http$/, 'an http:// address').optional(),
  /** The management address: `/openapi.json`, `/health/*`. */
  management: url(/^https?$/, 'an http:// or https:// address').optional(),
  /** An OpenAPI document in JSON, by address or file. Default: asked from the management port, then from the service. */
  openapi: z.string().min(1).optional(),
  /** PEM file of the CA to trust in place of the public ones. */
  caFile: z.string().min(1).optional(),
  /** Bearer token for routes that need one; sent only after the certificate was verified. */
  token: z.string().min(1).optional(),
  /**
   * The private key of an issuer that the service trusts, as a JWK or a file of one: for what only an issuer could sign. Never one of
   * production.
   */
  issuerKey: z.union([z.string().min(1), z.looseObject({ kty: z.string() })]).optional(),
  /** A token that was revoked. */
  revokedToken: z.string().min(1).optional(),
  command: commandSchema.optional(),
  /** Run only these checks, by id. */
  only: z.array(z.string()).optional(),
  /** Never send a request that a correct service would carry out; checks that need one as a control are skipped. */
  readOnly: z.boolean().default(false),
  /** Checks under way at once. */
  concurrency: z.int().min(1).max(64).default(12),
  /** Longest wait for one answer, milliseconds. */
  timeoutMs: z.int().min(50).max(60_000).default(5_000),
  /** Longest time that a slow client may hold a connection, milliseconds. */
  slowMs: z.int().min(100).max(120_000).default(15_000),
});

export type ConformanceOptions = z.input<typeof conformanceOptionsSchema>;
export type ResolvedOptions = z.output<typeof conformanceOptionsSchema>;
export type ServiceCommand = z.output<typeof commandSchema>;

/** Values of `--fail-on`. */
export const failOnSchema = z.enum([...SEVERITIES, 'never']);
export type FailOn = z.output<typeof failOnSchema>;
