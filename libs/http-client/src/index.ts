export type { ClientCounters, HttpClientSnapshot } from './client.counters.ts';
export { createHttpClient, type HttpClientContext } from './create-http-client.ts';
export type { Resolve } from './egress/allowed.host.ts';
export { HttpResponse } from './exchange/http.response.ts';
export type { CallContext, RecordedCall } from './exchange/trace.context.ts';
export { HttpClient, type CallOptions } from './http.client.ts';
export {
  AddressRefusedError,
  BadResponseError,
  CertificateRefusedError,
  ClientClosedError,
  ConnectionFailedError,
  EgressRefusedError,
  HttpClientConfigError,
  HttpClientError,
  OverloadedError,
  PinMismatchError,
  RedirectRefusedError,
  RequestRefusedError,
  ResponseTooLargeError,
  TimedOutError,
} from './http-client.error.ts';
export type { EmitHttpClientEvent, HttpClientEvent } from './http-client.event.ts';
export {
  HttpClientModule,
  HttpClientRegistry,
  InjectHttpClient,
  type HttpClientModuleFactory,
  type HttpClientModuleOptions,
} from './http-client.module.ts';
export {
  httpClientOptionsSchema,
  type ClientCertificate,
  type ClientCertificateProvider,
  type HttpClientInput,
  type HttpClientOptions,
  type PinsInput,
  type PinsOptions,
} from './http-client.options.ts';
export { problemOf } from './http-client.problem.ts';
export { makeBackupKey } from './pins/backup.key.ts';
export type { PinsSnapshot } from './pins/host.pins.ts';
export { pinsOfPem, servedPins, type CertificatePin, type ServedPins } from './pins/served.pins.ts';
