// The request path: every step that a request takes, in order. Read it top to bottom; each row is a file. docs/request-path.md
// is held equal to this list by a test.
import type { Step } from '../step.ts';
import { audit } from './audit.step.ts';
import { authenticate } from './authenticate.step.ts';
import { authorize } from './authorize.step.ts';
import { body } from './body.step.ts';
import { clientAddress } from './client-address.step.ts';
import { connection } from './connection.step.ts';
import { context } from './context.step.ts';
import { detectionStep } from './detection.step.ts';
import { handler } from './handler.step.ts';
import { loadShedding } from './load-shedding.step.ts';
import { metricsStep } from './metrics.step.ts';
import { problem } from './problem.step.ts';
import { rateLimitByAddress } from './rate-limit-by-address.step.ts';
import { rateLimitByPrincipal } from './rate-limit-by-principal.step.ts';
import { requestLog } from './request-log.step.ts';
import { response } from './response.step.ts';
import { securityHeadersStep } from './security-headers.step.ts';
import { traceStep } from './trace.step.ts';
import { validate } from './validate.step.ts';

export const requestPath: readonly Step[] = [
  connection,
  context,
  traceStep,
  securityHeadersStep,
  loadShedding,
  clientAddress,
  detectionStep,
  rateLimitByAddress,
  authenticate,
  rateLimitByPrincipal,
  authorize,
  body,
  validate,
  handler,
  response,
  audit,
  requestLog,
  metricsStep,
  problem,
];
