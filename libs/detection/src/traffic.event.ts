// What the rules look at: what has become of requests and connections, without bodies, headers or queries.

/** An API key and whose it is, as its store wants it. */
export interface UsedApiKey {
  readonly id: string;
  readonly tenant: string;
  readonly owner: string;
  readonly ownerIssuer: string;
}

/** A request that has ended. */
export interface RequestEvent {
  readonly kind: 'request';
  /** Milliseconds since the epoch: the rules know no other clock, so that recorded traffic can be judged too. */
  readonly at: number;
  readonly address: string;
  readonly method: string;
  /** Template of the route; undefined when none matched. */
  readonly route?: string;
  /** Without its query. Kept only while a rule counts different ones. */
  readonly path: string;
  readonly status: number;
  /** Code of the problem that was answered. */
  readonly code?: string;
  readonly agent?: string;
  readonly requestId?: string;
  /** Who called, proven. */
  readonly principal?: string;
  /** What can be revoked: the token's or key's id. */
  readonly credential?: string;
  /** Of a caller by API key, where a response may revoke it; stays in the process. */
  readonly apiKey?: UsedApiKey;
  /** The caller holds a scope that administers. */
  readonly admin?: boolean;
  /** Set when a credential was refused for what it is: wrong, not merely missing or expired. */
  readonly refused?: {
    /** Whose it claimed to be, in few characters; nothing is known of its truth. */
    readonly account: string;
  };
}

/** A connection that never became a request. */
export interface ConnectionEvent {
  readonly kind: 'connection-refused';
  readonly at: number;
  readonly address: string;
  readonly reason: string;
}

/** A credential that travelled in clear. */
export interface ExposureEvent {
  readonly kind: 'credential-exposed';
  readonly at: number;
  readonly address: string;
  readonly requestId?: string;
}

/** A safeguard of the service that does not work. */
export interface FailureEvent {
  readonly kind: 'safeguard-failed';
  readonly at: number;
  readonly safeguard: 'audit' | 'secrets' | 'certificates' | 'rate-limits';
  /** For people; holds no value. */
  readonly what: string;
}

export type TrafficEvent = RequestEvent | ConnectionEvent | ExposureEvent | FailureEvent;
