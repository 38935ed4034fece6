// The checks of `gatehouse tls audit`: those of conformance that are about TLS, and the finer ones of a scanner.
import type { Check } from '../check.ts';
import { certDates, certKey, certLifetime, certNames, certTrust } from '../checks/certificate.checks.ts';
import { httpRedirect, tlsPortCleartext } from '../checks/gate.checks.ts';
import { hsts } from '../checks/header.checks.ts';
import { tlsHandshakeTimeout } from '../checks/time.checks.ts';
import { tls13, tlsOldVersions, tlsPostQuantum } from '../checks/tls.checks.ts';
import {
  auditCompression,
  auditExtendedMasterSecret,
  auditGroups,
  auditPostQuantumShare,
  auditSecureRenegotiation,
  auditSuites,
} from './handshake.checks.ts';
import { auditAlpn, auditClientRenegotiation, auditResumption } from './session.checks.ts';

/** In the order of the report. */
export const AUDIT_CHECKS: readonly Check[] = [
  ...[tlsOldVersions, tls13, auditSuites, auditGroups, tlsPostQuantum, auditPostQuantumShare],
  ...[certTrust, certNames, certDates, certLifetime, certKey],
  ...[auditCompression, auditSecureRenegotiation, auditClientRenegotiation, auditExtendedMasterSecret],
  ...[auditResumption, auditAlpn, tlsHandshakeTimeout, tlsPortCleartext, hsts, httpRedirect],
];
