// How long development certificates live.

export const DAY_MS = 86_400_000;
/** Of the CA, in days: as long as systems accept of a CA that a person installed. */
export const CA_DAYS = 825;
/** Of a leaf, in days (Mozilla, server side TLS 6.0). */
export const LEAF_DAYS = 90;
