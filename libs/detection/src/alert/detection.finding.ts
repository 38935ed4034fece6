// An alert as others' systems read it: OCSF 1.5, class Detection Finding (2004).
import { isIP } from 'node:net';
import { z } from 'zod';
import type { Severity } from '../rules/rule.facts.ts';
import type { Alert } from './alert.ts';

const SEVERITY_ID: Record<Severity, number> = { low: 2, medium: 3, high: 4, critical: 5 };
const text = z.string().max(1_024);
const time = z.int().min(0);

/** What leaves: no more than the attributes named here. */
export const detectionFindingSchema = z.strictObject({
  activity_id: z.union([z.literal(1), z.literal(2)]).meta({ description: '1 create, 2 update: told before.' }),
  category_uid: z.literal(2),
  class_uid: z.literal(2004),
  type_uid: z.union([z.literal(200_401), z.literal(200_402)]),
  time,
  severity_id: z.int().min(1).max(5),
  status_id: z.literal(1).meta({ description: 'New.' }),
  message: text,
  count: z.int().min(1),
  metadata: z.strictObject({
    version: z.literal('1.5.0'),
    uid: text,
    correlation_uid: text.optional().meta({ description: 'The requestId of the request that was the last straw.' }),
    product: z.strictObject({ name: z.literal('gatehouse'), vendor_name: z.literal('gatehouse') }),
  }),
  finding_info: z.strictObject({
    uid: text.meta({ description: 'The incident: the same for every alert about one subject while it goes on.' }),
    title: text,
    desc: text,
    analytic: z.strictObject({ type_id: z.literal(1), uid: text, name: text }),
    attacks: z.array(z.strictObject({ technique: z.strictObject({ uid: text, name: text }) })),
    first_seen_time: time,
    last_seen_time: time,
  }),
  resources: z.array(z.strictObject({ type: text, uid: text })),
  evidences: z.array(
    z.strictObject({
      src_endpoint: z
        .strictObject({
          ip: z.union([z.ipv4(), z.ipv6()]).optional(),
          uid: text.optional().meta({ description: 'What stands for the address, where it is not to be read.' }),
        })
        .optional(),
      api: z.strictObject({ operation: text }).optional(),
      data: z.record(z.string(), z.union([text, z.number()])),
    }),
  ),
  unmapped: z.strictObject({ service: text }),
});

/** See {@link detectionFindingSchema}. */
export type DetectionFinding = z.output<typeof detectionFindingSchema>;

/** @param service the name of the service that saw it */
export function detectionFinding(alert: Alert, service: string): DetectionFinding {
  const again = alert.count > 1;
  const { request } = alert;
  return {
    activity_id: again ? 2 : 1,
    category_uid: 2,
    class_uid: 2004,
    type_uid: again ? 200_402 : 200_401,
    time: alert.at,
    severity_id: SEVERITY_ID[alert.severity],
    status_id: 1,
    message: alert.message,
    count: alert.count,
    metadata: {
      version: '1.5.0',
      uid: alert.id,
      ...(request?.id !== undefined && { correlation_uid: request.id }),
      product: { name: 'gatehouse', vendor_name: 'gatehouse' },
    },
    finding_info: {
      uid: alert.incident,
      title: alert.title,
      desc: alert.message,
      analytic: { type_id: 1, uid: alert.rule, name: alert.title },
      attacks: alert.technique ? [{ technique: alert.technique }] : [],
      first_seen_time: alert.firstSeenAt,
      last_seen_time: alert.at,
    },
    resources: [{ type: alert.subject.kind, uid: alert.subject.id.slice(0, 512) }],
    evidences: [
      {
        ...(request && { src_endpoint: { [isIP(request.address) ? 'ip' : 'uid']: request.address } }),
        ...(request?.route !== undefined && { api: { operation: request.route } }),
        data: { ...alert.evidence },
      },
    ],
    unmapped: { service },
  };
}
