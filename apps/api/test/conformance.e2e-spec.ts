// The controls, checked over the wire against the reference API as it starts.
import { describeConformance } from '@gatehouse/conformance/jest';
import { command, start } from './start.ts';

// milliseconds: the defaults are seconds long, and the tests wait for them
const limits = { handshakeTimeoutMs: 1_000, headersTimeoutMs: 1_000, requestTimeoutMs: 3_000 };

// silent: a few hundred forged tokens raise alerts
describeConformance(() => start({ limits, logLevel: 'silent' }), { command });
