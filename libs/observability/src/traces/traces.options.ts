// Where spans go, how many, and what they may cost. Left out, there are none, and nothing of OpenTelemetry is loaded.
import { z } from 'zod';

export const tracesOptionsSchema = z
  .strictObject({
    url: z.url({ protocol: /^https?$/ }).meta({
      description: 'Where spans are posted (OTLP/HTTP, JSON): https://collector.internal:4318/v1/traces.',
    }),
    caFile: z
      .string()
      .min(1)
      .optional()
      .meta({ description: 'The CA of the collector in PEM, where it is a private one.' }),
    bearer: z.boolean().default(false).meta({
      description: 'The collector asks for a token: the secret gatehouseTracesToken, sent as Authorization: Bearer.',
    }),
    sampleRatio: z.number().min(0).max(1).default(0.05).meta({
      description:
        'Share of the traces that are recorded, by their id: services with the same ratio record the same traces. A recorded request costs some 7 µs of CPU with its posting, and as much for each query and call; any other 1 µs (in a loop, two shared cores).',
    }),
    followCallers: z.boolean().default(false).meta({
      description:
        'Records what the traceparent of a caller says is recorded, in place of the ratio. Only where every caller is yours: whoever calls decides then what it costs.',
    }),
    maxQueue: z.int().min(1).max(100_000).default(2_048).meta({
      description: 'Spans that wait to be posted, at most; what comes then is lost, and counted. About 1 KB each.',
    }),
    exportEveryMs: z
      .int()
      .min(50)
      .max(60_000)
      .default(5_000)
      .meta({ description: 'How long spans are gathered before they are posted, in milliseconds.' }),
    timeoutMs: z
      .int()
      .min(50)
      .max(60_000)
      .default(5_000)
      .meta({ description: 'How long a post may take with its retries, in milliseconds; then its spans are lost.' }),
    insecureWithoutTls: z.boolean().default(false).meta({
      description:
        'Lets url begin with http://. Only for a collector on this machine: spans say who calls whom, and when.',
    }),
  })
  .refine(({ url, insecureWithoutTls }) => url.startsWith('https:') || insecureWithoutTls, {
    message: 'begin with https://, or set insecureWithoutTls',
    path: ['url'],
  })
  .refine(({ url, bearer }) => url.startsWith('https:') || !bearer, {
    message: 'a token is sent over https:// alone',
    path: ['bearer'],
  });

/** What may be said about traces. */
export type TracesOptions = z.input<typeof tracesOptionsSchema>;

/** With every default filled in. */
export type TracesSettings = z.output<typeof tracesOptionsSchema>;
