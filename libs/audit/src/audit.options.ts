// What may be said about the journal: every call is written down, and a mutation only happens when that is durable.
import { z } from 'zod';

const MIB = 1_048_576;

const https = z.url({ protocol: /^https$/, error: 'an https:// address' }).optional();

export const shippingOptionsSchema = z.strictObject({
  databaseUrl: z.string().optional().meta({
    description:
      'postgresql://host:5432/database with the table audit_events: user and password are the secret gatehouseAuditDatabase.',
  }),
  databaseCaFile: z.string().min(1).optional().meta({ description: 'PEM of the CA of that database.' }),
  webhookUrl: https.meta({
    description: 'Gets events by POST, signed (Standard Webhooks; gatehouseAuditShippingKey).',
  }),
  otlpUrl: https.meta({
    description: 'Gets events as OpenTelemetry log records (OTLP/HTTP, JSON), usually at /v1/logs.',
  }),
  otlpBearer: z.boolean().default(false).meta({
    description:
      'The OTLP receiver asks for a token: the secret gatehouseAuditOtlpToken, sent as Authorization: Bearer.',
  }),
  checkpointUrl: https.meta({
    description:
      'Gets each checkpoint by PUT below this address, signed as the webhook is. On another machine, or it proves nothing.',
  }),
  caFile: z
    .string()
    .min(1)
    .optional()
    .meta({ description: 'PEM of the CA of these receivers, in place of the public ones.' }),
  networks: z
    .array(z.union([z.cidrv4(), z.cidrv6()]))
    .default([])
    .meta({
      description: 'CIDR ranges in which the receivers may be. Empty: public addresses only.',
    }),
});

export const auditOptionsSchema = z.strictObject({
  enabled: z.boolean().default(true).meta({
    description:
      'Writes every call down, and refuses a mutating route without @Audit. `false`: nobody can say later who did what.',
  }),
  folder: z.string().min(1).optional().meta({
    description: 'Where the journal is: one writer a folder. By default `audit` in the state folder of the service.',
  }),
  readsWhileUnavailable: z.enum(['continue', 'refuse']).default('continue').meta({
    description:
      'What happens to GET and HEAD while the journal cannot be written: they go on, their events wait in memory, or 503. Mutations are always refused.',
  }),
  addresses: z.enum(['clear', 'keyed']).default('clear').meta({
    description: 'Client addresses as they are, or as keyed HMACs: matched, and not read.',
  }),
  hungAfterMs: z.int().min(200).max(1_800).default(1_500).meta({
    description: 'How long one write or fdatasync may take before the journal counts as hung, in milliseconds.',
  }),
  maxQueueBytes: z
    .int()
    .min(65_536)
    .max(1_073_741_824)
    .default(64 * MIB)
    .meta({
      description:
        'Events that wait in memory while the journal cannot be written, in bytes; then every call is refused.',
    }),
  maxSegmentBytes: z
    .int()
    .min(4_096)
    .max(1_073_741_824)
    .default(64 * MIB)
    .meta({
      description: 'A file of the journal is closed at this size, in bytes, and compressed.',
    }),
  checkpointSeconds: z.int().min(1).max(3_600).default(10).meta({
    description:
      'How often the state of the journal is signed, in seconds. What was tampered with since the last exported one cannot be proved.',
  }),
  retainDays: z
    .int()
    .min(1)
    .max(36_500)
    .default(400)
    .meta({ description: 'Closed files older than this are removed, in days.' }),
  maxTotalBytes: z
    .int()
    .min(MIB)
    .default(20 * 1_024 * MIB)
    .meta({
      description:
        'When the journal is larger, its oldest closed files are removed, in bytes, so that it cannot fill the disk.',
    }),
  shipping: shippingOptionsSchema.prefault({}).meta({ description: 'Where events and checkpoints go besides.' }),
  exportCheckpointsTo: z.string().min(1).optional().meta({
    description:
      'A folder on another machine (a mount): each checkpoint is copied there. Without one, who owns this machine owns the proof.',
  }),
});

/** What a descriptor may say under `audit`. */
export type AuditOptions = z.input<typeof auditOptionsSchema>;

/** With every default filled in. */
export type AuditSettings = z.output<typeof auditOptionsSchema>;
