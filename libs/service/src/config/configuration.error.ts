/** The configuration of a service is wrong; the message names each key and the remedy. */
export class ConfigurationError extends Error {
  override readonly name = 'ConfigurationError';
}
