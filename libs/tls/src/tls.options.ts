// What may be said about TLS. The empty object is valid and safe; versions, suites and groups are not negotiable here.
import { isIP } from 'node:net';
import { z } from 'zod';
import { acmeSchema } from './acme/acme.options.ts';
import { identitySchema } from './identity/identity.options.ts';
import { vaultPkiSchema } from './vault/vault-pki.options.ts';

const LABEL = /^(\*\.)?([a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9])?\.)*[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/i;
const file = z.string().min(1);
const nameOrAddress = z
  .string()
  .max(253)
  .refine((name) => isIP(name) !== 0 || LABEL.test(name), 'write a DNS name (*. may lead), or an IP address');

/** The names of a development certificate. */
export const DEVELOPMENT_NAMES: readonly string[] = ['localhost', '127.0.0.1', '::1'];

export const clientCertificatesSchema = z
  .strictObject({
    mode: z.enum(['off', 'optional', 'required']).default('off').meta({
      description:
        'required: no connection without a client certificate of the private CA. optional: asked for, so that single routes can require one. off: not asked for.',
    }),
    caFile: file.optional().meta({
      description: 'PEM file of the private CA that issues client certificates. The public store is never asked.',
    }),
    crlFile: file.optional().meta({
      description:
        'PEM file of its revocation lists, one for each CA of a chain; reloaded when it changes. An expired list refuses every client.',
    }),
    spiffeTrustDomains: z
      .array(z.string().regex(/^[a-z0-9._-]{1,255}$/, 'write a trust domain such as example.org'))
      .default([])
      .meta({
        description: 'Trust domains whose SPIFFE IDs are accepted; none listed: every one that the private CA signs.',
      }),
  })
  .refine(({ mode, caFile }) => mode === 'off' || caFile !== undefined, {
    message: 'set clientCertificates.caFile: without it nobody says who may issue client certificates',
    path: ['caFile'],
  })
  .refine(({ caFile, crlFile }) => crlFile === undefined || caFile !== undefined, {
    message: 'set clientCertificates.caFile too: a revocation list is held against its CA',
    path: ['crlFile'],
  });

export const proxiedSchema = z.strictObject({
  protocol: z.enum(['proxy-v2', 'forwarded']).meta({
    description:
      'How the balancer that ends TLS tells about its client. proxy-v2: PROXY protocol version 2 with its SSL part. forwarded: the Forwarded header (RFC 7239) with proto=https.',
  }),
  from: z
    .array(z.union([z.ipv4(), z.ipv6(), z.cidrv4(), z.cidrv6()]))
    .min(1)
    .meta({
      description:
        'Addresses of the balancers. Every other connection is closed unread. Not everybody: 0.0.0.0/0 is refused.',
    }),
  insecurePlainHop: z.boolean().default(false).meta({
    description:
      'The balancer speaks plain HTTP with the service: whoever can read or reach that network sees every token. Only within one machine or an encrypted network. By default it speaks HTTPS with it too.',
  }),
  headerTimeoutMs: z.int().min(100).max(60_000).default(5_000).meta({
    description: 'How long a balancer may take to send its PROXY header, in milliseconds.',
  }),
});

export const hstsSchema = z
  .strictObject({
    maxAgeSeconds: z.int().min(0).max(315_360_000).default(63_072_000).meta({
      description:
        'How long a browser uses HTTPS only, in seconds. Two years (Mozilla, ASVS 5.0 V3.4.1); 0 takes it back.',
    }),
    includeSubDomains: z.boolean().default(true).meta({ description: 'Also for every name below.' }),
    preload: z.boolean().default(false).meta({
      description:
        'Consent to the lists that browsers ship: the domain and EVERY name below it becomes HTTPS-only for everybody, plain HTTP of any other machine of the domain stops working, and to be taken off the lists takes months. Only together with includeSubDomains and at least one year.',
    }),
    localNames: z.boolean().default(false).meta({
      description:
        'Also for localhost and IP addresses. A browser then refuses every other plain-HTTP program on localhost, on any port, for max-age.',
    }),
  })
  .refine(
    ({ preload, includeSubDomains, maxAgeSeconds }) => !preload || (includeSubDomains && maxAgeSeconds >= 31_536_000),
    {
      message: 'preload needs includeSubDomains and maxAgeSeconds of at least 31536000',
      path: ['preload'],
    },
  );

export const tlsOptionsSchema = z
  .strictObject({
    names: z.array(nameOrAddress).max(100).default([]).meta({
      description:
        'DNS names and addresses that the certificate has to cover. Empty: whatever a certificate file says; localhost, 127.0.0.1 and ::1 in development.',
    }),
    sources: z
      .array(z.enum(['files', 'acme', 'vault-pki', 'mkcert', 'embedded']))
      .refine((kinds) => new Set(kinds).size === kinds.length, 'name each source once')
      .default([])
      .meta({
        description:
          'Certificate sources in the order in which they are asked. Empty: files when there are any, then acme and vault-pki when they are configured; with none of them, in development mkcert where it is installed, then the embedded CA.',
      }),
    files: z
      .array(z.strictObject({ certFile: file, keyFile: file }))
      .max(50)
      .default([])
      .meta({
        description:
          'Pairs of PEM files, chain and key. The first is served to clients that name nobody; with several, each client gets the one that is right for the name it asks for, and a client that asks for another name gets none.',
      }),
    acme: acmeSchema
      .optional()
      .meta({ description: 'Certificates from an ACME CA, proved through the plain-HTTP gate.' }),
    vaultPki: vaultPkiSchema
      .optional()
      .meta({ description: 'Certificates signed by the PKI engine of the vault that the program uses.' }),
    caFile: file
      .optional()
      .meta({ description: 'PEM file of the CA that callers have to trust, where it is a private one.' }),
    reload: z
      .strictObject({
        pollMs: z
          .int()
          .min(20)
          .max(600_000)
          .default(2_000)
          .meta({ description: 'Between two looks at files, in milliseconds.' }),
        settleMs: z.int().min(0).max(3_600_000).default(10_000).meta({
          description:
            'How long a new key and chain that do not fit are given before that is an alert, in milliseconds.',
        }),
        differsLimitMs: z.int().min(0).max(86_400_000).default(300_000).meta({
          description:
            'How long the newest certificate and the one that is served may differ before the service is not ready, in milliseconds.',
        }),
      })
      .prefault({}),
    startTimeoutMs: z.int().min(0).max(600_000).default(30_000).meta({
      description:
        'How long the start waits for a vault or an ACME CA that does not answer yet, in milliseconds. Only where no certificate is stored: then there would be nothing to serve.',
    }),
    probeEveryMs: z.int().min(100).max(3_600_000).default(60_000).meta({
      description: 'How often the served certificate is looked at by a handshake over loopback, in milliseconds.',
    }),
    webhookUrlFile: file.optional().meta({
      description:
        'File with an https:// address that events of level warn and error are posted to. A file, since such addresses hold tokens.',
    }),
    clientCertificates: clientCertificatesSchema.prefault({}),
    identity: identitySchema.optional().meta({
      description:
        'Who this service is to those that it calls by mutual TLS, where that is another certificate than the one it serves with.',
    }),
    proxied: proxiedSchema.optional().meta({ description: 'Only where a balancer ends TLS in front of the service.' }),
  })
  .refine(({ proxied, clientCertificates }) => !proxied?.insecurePlainHop || clientCertificates.mode === 'off', {
    message: 'nobody can show a certificate over proxied.insecurePlainHop: the balancer has to ask for it',
    path: ['clientCertificates', 'mode'],
  });

/** See {@link tlsOptionsSchema}. */
export type TlsOptions = z.output<typeof tlsOptionsSchema>;
/** See {@link clientCertificatesSchema}. */
export type ClientCertificateOptions = z.output<typeof clientCertificatesSchema>;
/** See {@link hstsSchema}. */
export type HstsOptions = z.output<typeof hstsSchema>;
/** See {@link proxiedSchema}. */
export type ProxiedOptions = z.output<typeof proxiedSchema>;
