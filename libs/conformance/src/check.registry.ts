// Every check, in the order of the report: connection first, then what travels on it, then the process.
import type { Check } from './check.ts';
import { auditCheckpoint, auditFailClosed, auditRefusals } from './checks/audit.checks.ts';
import {
  deepNesting,
  invalidUtf8,
  malformedJson,
  mediaType,
  oversizedBody,
  prototypeKeys,
  unknownField,
  wrongType,
} from './checks/body.checks.ts';
import { authDpopReplay, authUnbound } from './checks/bound-token.checks.ts';
import { certAlarm, certKeepsGood, certReload } from './checks/certificate-files.checks.ts';
import { certRefusal } from './checks/certificate-refusal.checks.ts';
import { certDates, certKey, certLifetime, certMetric, certNames, certTrust } from './checks/certificate.checks.ts';
import { authMalformed, authRequired, authTokenInUrl, authTwoHeaders, authUndeclared } from './checks/door.checks.ts';
import { errorLeak, problemJson, requestId, requestIdInjection } from './checks/error.checks.ts';
import { exposedFiles, health, managementPrivate } from './checks/exposure.checks.ts';
import { authForeignObject } from './checks/foreign-object.checks.ts';
import {
  authAlgNone,
  authForeignKey,
  authHmacConfusion,
  authRevoked,
  authTampered,
} from './checks/forged-token.checks.ts';
import { httpCredential, httpForgedHost, httpNoHsts, httpRedirect, tlsPortCleartext } from './checks/gate.checks.ts';
import { corsOrigin, hsts, securityHeaders, versionBanner } from './checks/header.checks.ts';
import { authGuessing } from './checks/guessing.checks.ts';
import { http2, http2RapidReset } from './checks/http2.checks.ts';
import {
  authAudience,
  authExpired,
  authIssuer,
  authNotYetValid,
  authScope,
  authTokenType,
} from './checks/issued-token.checks.ts';
import { logForging, logRequestId, logSecrets } from './checks/log.checks.ts';
import { metricsBounded } from './checks/metrics.checks.ts';
import { sigtermDrain, unsafeSettings } from './checks/process.checks.ts';
import { rateLimitTold } from './checks/rate-limit-told.checks.ts';
import { rateLimit, rateLimitForged, rateLimitHealth } from './checks/rate-limit.checks.ts';
import {
  duplicateQuery,
  hugeHeader,
  malformedUrl,
  requestSmuggling,
  traceMethod,
  unknownRoute,
  wrongMethod,
} from './checks/request.checks.ts';
import { secretEnvironment } from './checks/secret.checks.ts';
import { slowBody, slowHeader, tlsHandshakeTimeout } from './checks/time.checks.ts';
import { tls13, tlsOldVersions, tlsPostQuantum, tlsSuites } from './checks/tls.checks.ts';

/** The ordered list; ids are unique and stable. */
export const CHECKS: readonly Check[] = [
  ...[tlsOldVersions, tls13, tlsSuites, tlsPostQuantum, tlsHandshakeTimeout, tlsPortCleartext],
  ...[certTrust, certNames, certDates, certLifetime, certKey, certMetric],
  ...[httpRedirect, httpForgedHost, httpCredential, httpNoHsts],
  ...[hsts, securityHeaders, corsOrigin, versionBanner],
  ...[http2, http2RapidReset, requestSmuggling, hugeHeader, slowHeader, slowBody],
  ...[unknownRoute, wrongMethod, traceMethod, malformedUrl, duplicateQuery],
  ...[malformedJson, wrongType, unknownField, prototypeKeys, deepNesting, invalidUtf8, mediaType, oversizedBody],
  ...[problemJson, errorLeak, requestId, requestIdInjection],
  ...[health, managementPrivate, exposedFiles, metricsBounded],
  ...[authRequired, authUndeclared, authTokenInUrl, authMalformed, authTwoHeaders],
  ...[authAlgNone, authHmacConfusion, authForeignKey, authTampered, authRevoked],
  ...[authExpired, authNotYetValid, authAudience, authIssuer, authTokenType],
  ...[authUnbound, authDpopReplay, authScope, authForeignObject],
  // what is told last: the second that it waits gives back an allowance, which the others would have to use up again
  ...[rateLimit, rateLimitForged, rateLimitHealth, rateLimitTold, authGuessing],
  ...[unsafeSettings, secretEnvironment, certRefusal],
  ...[logRequestId, logForging, logSecrets], // from here on one process for all
  ...[certAlarm, certReload, certKeepsGood],
  ...[auditRefusals, auditCheckpoint, auditFailClosed],
  sigtermDrain, // its end
];
