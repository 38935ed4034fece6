// What detection needs to know and nobody else may.
import { bytes, defineSecrets } from '@gatehouse/secrets/options';

/** What signs alerts, where they are posted. */
export const detectionSecrets = () => defineSecrets({ gatehouseAlertKey: bytes(32) });
