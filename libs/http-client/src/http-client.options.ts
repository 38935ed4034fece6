// What may be said about outgoing calls. The empty object is valid and safe: nothing can be reached until it is on the allow-list.
// Versions, suites and groups are those of @gatehouse/tls and not negotiable; there is no option for plain HTTP or unverified TLS.
import { isIPv4 } from 'node:net';
import { z } from 'zod';
import { canonicalAddress } from './egress/address.class.ts';
import { readHostEntry } from './egress/host.name.ts';
import { isPin } from './pins/spki.pin.ts';

const pem = z.string().regex(/-----BEGIN [A-Z ]+-----/, 'give the PEM text itself, not the name of its file');

/** A certificate with its chain, and its key: PEM. */
export interface ClientCertificate {
  readonly cert: string;
  readonly key: string;
}

/** Asked at each new connection, so that a rotated certificate is used from the next one on. */
export type ClientCertificateProvider = () => ClientCertificate | Promise<ClientCertificate>;

const host = z.string().transform((text, context) => {
  const read = readHostEntry(text);
  if ('key' in read) return read.key;
  context.addIssue({ code: 'custom', message: read.wrong });
  return z.NEVER;
});

const network = z.union([z.cidrv4(), z.cidrv6()]).refine((range) => {
  const [base = '', prefix = ''] = range.split('/');
  return canonicalAddress(base) !== undefined && Number(prefix) >= (isIPv4(base) ? 8 : 7);
}, 'write a narrower network: at least /8 for IPv4, /7 for IPv6');

export const pinsSchema = z.strictObject({
  spki: z
    .array(z.string().refine(isPin, 'write sha256/ and 44 characters of base64, as "gatehouse tls pins" prints it'))
    .min(2, 'pin at least two keys, one of them offline: with one, a lost key ends every call')
    .max(20)
    .refine((pins) => new Set(pins).size === pins.length, 'the same key twice is no backup')
    .meta({
      description:
        'SHA-256 of the public keys (SubjectPublicKeyInfo) of which one has to vouch for the host: its own, or that of a CA above it. Keep one in reserve, offline. Pin only where you own both ends.',
    }),
  expiresAt: z.union([z.iso.date(), z.iso.datetime({ offset: true })]).meta({
    description: 'Until when they count, as ISO 8601. Thirty days before, an event warns.',
  }),
  reportOnly: z.boolean().default(false).meta({
    description: 'A mismatch is an event and a count, and the call goes on: for the time before pins are enforced.',
  }),
  insecureAfterExpiry: z.boolean().default(false).meta({
    description: 'Expired pins are ignored, and the CA alone decides. By default they refuse every call.',
  }),
});

const allowedHostSchema = z.strictObject({
  host: host.meta({ description: 'host or host:port; the port is 443 by default. No wildcards.' }),
  networks: z.array(network).max(50).default([]).meta({
    description:
      'CIDR ranges, the only ones in which the host may be. Empty: public addresses only. Loopback and link-local addresses (metadata services) stay refused.',
  }),
  mutualTls: z.boolean().default(false).meta({ description: 'Show this host the client certificate.' }),
  trace: z.boolean().default(true).meta({ description: 'Send this host traceparent and tracestate, where there are.' }),
  pins: pinsSchema.optional().meta({ description: 'Keys of which one has to vouch for the host.' }),
});

/** A host alone stands for an entry with nothing else said. */
const allowEntrySchema = z.preprocess(
  (entry) => (typeof entry === 'string' ? { host: entry } : entry),
  allowedHostSchema,
) as unknown as z.ZodType<z.output<typeof allowedHostSchema>, string | z.input<typeof allowedHostSchema>>;

const milliseconds = (defaultMs: number, description: string) =>
  z
    .int()
    .min(10)
    .max(600_000)
    .default(defaultMs)
    .meta({ description: `${description}, in milliseconds.` });

export const httpClientOptionsSchema = z
  .strictObject({
    allow: z
      .array(allowEntrySchema)
      .max(1_000)
      .default([])
      .meta({ description: 'The hosts that may be called, and no others; redirects too. Empty: none.' }),
    ca: z
      .union([pem, z.array(pem).min(1)])
      .optional()
      .meta({ description: 'PEM of the CAs to trust instead of the public ones. Two during a change of CA.' }),
    clientCertificate: z
      .union([
        z.strictObject({ cert: pem, key: pem }),
        z.custom<ClientCertificateProvider>((value) => typeof value === 'function', 'give { cert, key } or a function'),
      ])
      .optional()
      .meta({
        description:
          'PEM, or a function that is asked at each new connection, so that it may rotate. Shown to hosts with mutualTls only.',
      }),
    timeouts: z
      .strictObject({
        connectMs: milliseconds(5_000, 'DNS, TCP and TLS together'),
        headersMs: milliseconds(10_000, 'From the request to the headers of the answer'),
        bodyMs: milliseconds(10_000, 'Between two parts of the answer'),
        totalMs: milliseconds(30_000, 'The whole call with retries and redirects'),
      })
      .prefault({}),
    retry: z
      .strictObject({
        attempts: z.int().min(0).max(10).default(2).meta({
          description:
            'How often an idempotent call is tried again after a broken connection, a time-out, 429, 502, 503 or 504. All calls together: one retry for five calls, after the first ten.',
        }),
        baseDelayMs: milliseconds(100, 'The longest first wait; it doubles each time, and is random below that'),
        maxDelayMs: milliseconds(2_000, 'The longest wait'),
        maxRetryAfterMs: milliseconds(5_000, 'A longer Retry-After is not waited for: the answer is returned'),
      })
      .prefault({}),
    limits: z
      .strictObject({
        responseBytes: z.int().min(0).max(1_073_741_824).default(8_388_608).meta({
          description: 'Size of an answer, as sent and again after decompression, in bytes.',
        }),
        headerBytes: z.int().min(1_024).max(1_048_576).default(16_384).meta({
          description: 'Size of all headers of an answer, in bytes.',
        }),
        requestBytes: z.int().min(0).max(1_073_741_824).default(8_388_608).meta({
          description: 'Size of the body of a request, in bytes.',
        }),
        connectionsPerHost: z.int().min(1).max(1_024).default(32).meta({
          description: 'Connections, and so calls at the same time, to one host.',
        }),
        waitingPerHost: z.int().min(0).max(100_000).default(256).meta({
          description: 'Calls that may wait for a connection to one host; one more is refused at once.',
        }),
        idleMs: milliseconds(4_000, 'An unused connection is closed after'),
        connectionLifetimeMs: milliseconds(
          300_000,
          'Every connection is replaced after, so that DNS, certificates and pins are looked at again',
        ),
      })
      .prefault({}),
    redirects: z.int().min(0).max(10).default(0).meta({
      description:
        'How many redirects are followed. To another origin go no credentials, no client-specific headers and no body; the allow-list holds for each.',
    }),
    insecureLoopback: z.boolean().default(false).meta({
      description:
        'Names on the allow-list may lead to loopback addresses: for tests and development. Otherwise a name that somebody else controls could lead to what listens on this machine.',
    }),
  })
  .superRefine(({ allow, clientCertificate }, context) => {
    const wanted = allow.some(({ mutualTls }) => mutualTls);
    if (clientCertificate && !wanted)
      context.addIssue({
        code: 'custom',
        path: ['clientCertificate'],
        message: 'no host of "allow" has mutualTls: true, so that nobody would see it',
      });
    if (wanted && !clientCertificate)
      context.addIssue({ code: 'custom', path: ['clientCertificate'], message: 'a host has mutualTls: give one' });
    const seen = new Set<string>();
    allow.forEach(({ host: key }, index) => {
      if (seen.has(key))
        context.addIssue({ code: 'custom', path: ['allow', index, 'host'], message: 'it is there twice' });
      seen.add(key);
    });
  });

/** See {@link httpClientOptionsSchema}. */
export type HttpClientOptions = z.output<typeof httpClientOptionsSchema>;
/** As it is written: everything may be left out. */
export type HttpClientInput = z.input<typeof httpClientOptionsSchema>;
/** See {@link pinsSchema}. */
export type PinsOptions = z.output<typeof pinsSchema>;
export type PinsInput = z.input<typeof pinsSchema>;
