/** The forms that a version can be served in. Pure. */
import {
  AppError,
  variantOfEntry,
  type Artifact,
  type Digest,
  type GateVerdict,
  type LedgerEntry,
  type ModelVersion,
  type Servable,
  type VariantName,
} from '@graft/contracts';

type Forms = Pick<ModelVersion, 'version' | 'artifacts' | 'variant'>;
type Judged = Pick<ModelVersion, 'model' | 'version' | 'variant' | 'variants' | 'reportDigest' | 'gateVerdict'>;

/** What is known of one form of a version. */
export interface JudgedVariant {
  readonly variant: VariantName;
  readonly reportDigest: Digest;
  readonly gateVerdict: GateVerdict;
}

/**
 * The model and golden artifacts of one form of a version: of the one that it prefers where none is named.
 * @throws AppError `invalid_request` when one is missing.
 */
export const servableOf = (version: Forms, variant: VariantName = version.variant): Servable => {
  const digestOf = (kind: Artifact['kind'], variants: readonly string[]): Digest => {
    const ofKind = version.artifacts.filter((one) => one.kind === kind);
    for (const name of variants) {
      const artifact = ofKind.find((one) => one.variant === name);
      if (artifact !== undefined) return artifact.digest;
    }
    const have = version.artifacts.map((one) => `${one.kind}${one.variant === '' ? '' : ` (${one.variant})`}`);
    throw new AppError(
      'invalid_request',
      `artifacts: a version needs one of kind "${kind}" for its variant ${variant}; it has: ${have.join(', ') || 'none'}`,
      { details: { field: 'artifacts', kind, variant } },
    );
  };
  return {
    version: version.version,
    variant,
    artifactDigest: digestOf('model', [variant]),
    // Versions from before there were variants have golden outputs that name none.
    goldenDigest: digestOf('golden', [variant, '']),
  };
};

/** What a row of the ledger put in place: the artifact is the one that it names. */
export const servableOfEntry = (version: Forms, entry: Pick<LedgerEntry, 'variant' | 'artifactDigest'>): Servable => ({
  ...servableOf(version, variantOfEntry(entry)),
  artifactDigest: entry.artifactDigest,
});

/**
 * One of a version's forms, as it was judged: the one that it prefers where none is named.
 * @throws AppError `not_found` with those that there are.
 */
export const findVariant = (version: Judged, variant: VariantName = version.variant): JudgedVariant => {
  // A version from before there were variants lists none: it is the one.
  const { variants, reportDigest, gateVerdict } = version;
  const all: readonly JudgedVariant[] =
    variants.length > 0 ? variants : [{ variant: version.variant, reportDigest, gateVerdict }];
  const found = all.find((one) => one.variant === variant);
  if (found !== undefined) return found;
  const names = all.map((one) => one.variant);
  throw new AppError(
    'not_found',
    `version ${version.version} of ${version.model} has no variant ${variant}; there are: ${names.join(', ')}`,
    { details: { kind: 'variant', asked: variant, existing: names, model: version.model, version: version.version } },
  );
};

/**
 * That each form of a new version can be served, and that what the version says of itself is said of the one it prefers.
 * @throws AppError `invalid_request`.
 */
export const checkVariants = (version: Omit<Judged, 'model'> & Forms): void => {
  const { variant, variants, reportDigest, gateVerdict } = version;
  servableOf(version);
  for (const one of variants) {
    const { artifactDigest } = servableOf(version, one.variant);
    if (artifactDigest === one.artifactDigest) continue;
    throw new AppError(
      'invalid_request',
      `variants: ${one.variant} names artifact ${one.artifactDigest}, and the version's model of that variant is ${artifactDigest}`,
      { details: { field: 'variants', variant: one.variant } },
    );
  }
  if (variants.length === 0) return;
  const preferred = variants.find((one) => one.variant === variant);
  if (preferred?.reportDigest === reportDigest && preferred.gateVerdict === gateVerdict) return;
  throw new AppError(
    'invalid_request',
    `variant: report and verdict of the version must be those of ${variant}, which it prefers; it lists: ${variants
      .map((one) => `${one.variant} (${one.gateVerdict})`)
      .join(', ')}`,
    { details: { field: 'variant', variant } },
  );
};
