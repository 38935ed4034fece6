// Shows somebody one event, and that it stood in the journal when a checkpoint was signed, without showing the others.
import { AuditError } from '../audit.error.ts';
import { openCheckpoint } from '../checkpoint/checkpoint.ts';
import { noteVerifier } from '../checkpoint/signed.note.ts';
import { recordLeaf } from '../journal/record.line.ts';
import { ProofCollector, proofRanges, rootFromProof } from '../merkle/inclusion.proof.ts';
import { isCheckpoint, openRecords } from './record.reader.ts';

/** Everything that {@link checkProof} needs. */
export interface EventProof {
  /** The event's text, byte for byte. */
  readonly event: string;
  /** Hash of the record before it. */
  readonly previous: string;
  readonly index: number;
  /** Hashes from the leaf upwards, base64. */
  readonly proof: readonly string[];
  /** The signed state that it is proved against. */
  readonly checkpoint: string;
}

/**
 * Proves the event with this id (of the event or of the record's number), against the given checkpoint or the first that covers it.
 *
 * @throws AuditError `record-unknown` when it is not there, or no checkpoint covers it yet
 */
export async function proveEvent(
  folder: string,
  id: string,
  keys: readonly string[],
  checkpoint?: string,
): Promise<EventProof> {
  const verifiers = keys.map((key) => noteVerifier(key));
  const found = await findEvent(folder, id);
  const note = checkpoint ?? found.checkpoint;
  if (note === undefined) throw unknown(`no checkpoint covers ${id} yet`, 'Wait for the next one.');
  const { size } = openCheckpoint(note, verifiers);
  if (found.index >= size) throw unknown(`the checkpoint ends before ${id}`, 'Give a newer one.');
  const opened = await openRecords(folder);
  if (!opened) throw unknown('there is no journal', 'Give its folder.');
  const { start, records } = opened;
  const collector = new ProofCollector(proofRanges(found.index, size), start.sequence, start.tree.nodes());
  for await (const { sequence, hash } of records) {
    if (sequence >= size) break;
    collector.add(sequence, Buffer.from(hash, 'base64url'));
  }
  const proof = collector.proof().map((hash) => hash.toString('base64'));
  return { event: found.json, previous: found.previous, index: found.index, proof, checkpoint: note };
}

/** Whether a proof holds: needs neither the journal nor the machine that wrote it. */
export function checkProof(
  { event, previous, index, proof, checkpoint }: EventProof,
  keys: readonly string[],
): boolean {
  const { size, root } = openCheckpoint(
    checkpoint,
    keys.map((key) => noteVerifier(key)),
  );
  const hashes = proof.map((hash) => Buffer.from(hash, 'base64'));
  return rootFromProof(index, size, recordLeaf(previous, event), hashes)?.equals(root) ?? false;
}

interface Found {
  readonly index: number;
  readonly json: string;
  readonly previous: string;
  /** The first checkpoint behind it. */
  readonly checkpoint?: string;
}

async function findEvent(folder: string, id: string): Promise<Found> {
  const opened = await openRecords(folder);
  let found: Found | undefined;
  for await (const { sequence, json, previous } of opened?.records ?? []) {
    if (found && isCheckpoint(json))
      return { ...found, checkpoint: (JSON.parse(json) as { checkpoint: string }).checkpoint };
    if (found || isCheckpoint(json) || !json.includes(id)) continue;
    const { metadata } = JSON.parse(json) as { metadata: { uid: string } };
    if (metadata.uid === id) found = { index: sequence, json, previous };
  }
  if (!found) throw unknown(`there is no event ${id}`, 'Look for it with "gatehouse audit query".');
  return found;
}

const unknown = (what: string, remedy: string): AuditError => new AuditError('record-unknown', what, remedy);
