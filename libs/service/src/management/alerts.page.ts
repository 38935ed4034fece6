// `/alerts`: the last alerts, newest first, as OCSF findings, and how the detector fares.
import type { FastifyInstance } from 'fastify';
import { detectionFinding } from '@gatehouse/detection';
import type { ServiceContext } from '../step.ts';

/** Adds the page. */
export function alertsPage(app: FastifyInstance, { detector, settings }: ServiceContext): void {
  app.get('/alerts', () => ({
    status: detector.status(),
    alerts: detector.recent().map((alert) => detectionFinding(alert, settings.name)),
  }));
}
