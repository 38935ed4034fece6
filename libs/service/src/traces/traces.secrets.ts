// What the collector of spans asks for, where it asks for something.
import type { TracesSettings } from '@gatehouse/observability';
import { defineSecrets, type SecretDeclarations, text } from '@gatehouse/secrets/options';

export const tracesToken = defineSecrets({ gatehouseTracesToken: text() });

/** Nothing without `traces.bearer`. */
export const tracesSecrets = (traces: TracesSettings | undefined): SecretDeclarations =>
  traces?.bearer ? tracesToken : {};
