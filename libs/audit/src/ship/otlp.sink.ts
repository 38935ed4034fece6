// Events as OpenTelemetry log records (OTLP/HTTP in JSON, opentelemetry-proto 1.x), to the collector that the team runs already. A body
// of JSON is small enough to be written here: the SDK's exporter would bring its own queue, which forgets.
import type { AuditEvent } from '../event/audit.event.ts';
import { expectArrived, httpsOnly, type Send, sendByFetch } from './send.ts';
import type { AuditSink } from './shipper.ts';
import type { ShippedRecord } from './record.tail.ts';

export interface OtlpOptions {
  /** https only; with its path, usually /v1/logs. */
  readonly url: URL;
  /** The resource attribute service.name. */
  readonly service: string;
  /** The token that the receiver asks for, as it is now: sent as `Authorization: Bearer`. */
  readonly token?: () => string;
  readonly send?: Send;
}

/** OCSF severities as OpenTelemetry numbers them: INFO, INFO2, WARN, ERROR, ERROR4. */
const SEVERITY = [0, 9, 10, 13, 17, 20];

/** @throws TypeError for an address that is not https */
export function otlpSink({ url, service, token, send = sendByFetch }: OtlpOptions): AuditSink {
  httpsOnly(url, 'the OTLP receiver');
  const resource = { attributes: [text('service.name', service)] };
  const scope = { name: 'gatehouse.audit', version: '1' };
  return {
    name: 'otlp',
    async send(records) {
      const logRecords = records.map(logRecord);
      const body = JSON.stringify({ resourceLogs: [{ resource, scopeLogs: [{ scope, logRecords }] }] });
      const headers = {
        'content-type': 'application/json',
        ...(token && { authorization: `Bearer ${token()}` }),
      };
      const answer = await send(url, { method: 'POST', headers, body });
      expectArrived(answer, 'the OTLP receiver');
      const rejected = rejectedOf(answer.text);
      if (rejected > 0) throw new Error(`the OTLP receiver rejected ${rejected} of ${records.length} records`);
    },
  };
}

function logRecord({ sequence, json }: ShippedRecord): object {
  const event = JSON.parse(json) as AuditEvent;
  const nanos = `${event.time}000000`;
  const { correlation_uid: traceId = '' } = event.metadata;
  return {
    timeUnixNano: nanos,
    observedTimeUnixNano: nanos,
    severityNumber: SEVERITY[event.severity_id] ?? 0,
    eventName: 'gatehouse.audit',
    body: { stringValue: json },
    attributes: [
      text('gatehouse.audit.replica', event.unmapped.replica),
      { key: 'gatehouse.audit.sequence', value: { intValue: String(sequence) } },
      text('gatehouse.audit.reason', event.status_code),
    ],
    ...(/^[0-9a-f]{32}$/.test(traceId) && { traceId }),
  };
}

/** What of a request was not taken (`partial_success`). */
function rejectedOf(answer: string): number {
  try {
    const { partialSuccess } = JSON.parse(answer) as { partialSuccess?: { rejectedLogRecords?: string | number } };
    return Number(partialSuccess?.rejectedLogRecords ?? 0);
  } catch {
    return 0; // the body of a success may be empty
  }
}

const text = (key: string, value: string) => ({ key, value: { stringValue: value } });
