/** The ledger's hash chain, checked on the reader's side: whoever has the rows can tell that none was changed. */
import { AppError, canonicalJson, digestOfBytes, type Digest, type LedgerEntry } from '@graft/contracts';

/** What a row's hash is taken of: the canonical JSON of the entry without its hashes. */
export const ledgerBody = ({ hash: _hash, previousHash: _previous, ...body }: LedgerEntry): string =>
  canonicalJson(body);

/** sha256(previous hash ‖ generation ‖ LF ‖ body), as the database's trigger computes it. */
export const ledgerHash = (previousHash: Digest | null, generation: number, body: string): Digest =>
  digestOfBytes(Buffer.concat([Buffer.from(previousHash ?? '', 'hex'), Buffer.from(`${generation}\n${body}`, 'utf8')]));

/**
 * Checks rows of one model in one environment, in any order; a cut-off beginning is fine, a gap is not.
 * @throws AppError `corrupt` naming the first generation that doesn't follow from the one before.
 */
export const verifyLedger = (entries: readonly LedgerEntry[]): void => {
  const ordered = [...entries].sort((a, b) => a.generation - b.generation);
  for (const [index, entry] of ordered.entries()) {
    const where = `generation ${entry.generation} of ${entry.model} in ${entry.environment}`;
    const corrupt = (what: string): AppError =>
      new AppError('corrupt', `the ledger is not what was written: ${where} ${what}`, {
        details: { model: entry.model, environment: entry.environment, generation: entry.generation },
      });
    const before = ordered[index - 1];
    if (before !== undefined && before.generation + 1 !== entry.generation) {
      throw corrupt(`follows generation ${before.generation}`);
    }
    if (before !== undefined && before.hash !== entry.previousHash) throw corrupt('names another predecessor');
    if (entry.generation === 1 && entry.previousHash !== null) throw corrupt('is the first and names a predecessor');
    if (ledgerHash(entry.previousHash, entry.generation, ledgerBody(entry)) !== entry.hash) {
      throw corrupt('has another hash');
    }
  }
};
