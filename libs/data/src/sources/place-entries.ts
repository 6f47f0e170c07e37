/** The second look at a source: each file with the place that its path, or the manifest, gives it; or why it has none. */
import type { LandingPlacement } from '@graft/contracts';
import { AppError } from '@graft/contracts';
import { toLandingObject } from '../landing-key.js';
import { isIgnored, showName } from './entry-path.js';
import { placePath } from './layout.js';
import type { Source, SourceFile, SourceRefusal } from './source.js';
import type { SourceSurvey } from './survey-source.js';
import { createDigestSet } from './digest-set.js';

export interface PlaceOptions {
  readonly dataset: string;
  /** Where images come from whose manifest doesn't say. */
  readonly source?: string | undefined;
  /** Images whose file names match with the same first group share a split; a manifest's own group comes first. */
  readonly groupPattern?: RegExp | undefined;
}

/** Where a file lands; `source` null: none is named. */
export interface FilePlace extends Omit<LandingPlacement, 'source'> {
  readonly source: string | null;
  /** Its name under the label. */
  readonly file: string;
}

export interface PlacedFile {
  readonly kind: 'placed';
  readonly file: SourceFile;
  readonly place: FilePlace;
  /** Of the landed object. */
  readonly key: string;
  readonly metadata: Readonly<Record<string, string>>;
}

export type PlacedEntry = PlacedFile | SourceRefusal;

const EXPECTED = 'expected <label>/<file> or <train|val|test>/<label>/<file>';

/** A file's place by its path or its row, or why it has none. */
const findPlace = (path: string, { manifest, outerFolders }: SourceSurvey): FilePlace | SourceRefusal => {
  const segments = path.split('/');
  const refuse = (reason: SourceRefusal['reason'], detail: string): SourceRefusal => ({
    kind: 'refused',
    path,
    reason,
    detail,
  });
  if (manifest === null) {
    const place = placePath(segments, outerFolders);
    if (place === null) return refuse('unexpected_key', `no label can be read from its place: ${EXPECTED}`);
    return { ...place, group: null, source: null };
  }
  const named = segments.slice(outerFolders).join('/');
  const row = manifest.rows.get(named);
  // A key has one level under its label: a file in folders of its own carries them in its name.
  if (row !== undefined) return { ...row, file: named.replaceAll('/', '__') };
  const why = manifest.refused.get(named);
  return why === undefined
    ? refuse('not_in_manifest', `${manifest.path} doesn't name it`)
    : refuse('manifest_unfit', `${manifest.path}, ${why}`);
};

/**
 * In the source's order; at the end, rows of the manifest that can't be used, and those whose file isn't there. Each file, and each
 * row without one, is told of once.
 * Two files that come to one key are told apart: the first is taken.
 */
export async function* placeEntries(
  source: Source,
  survey: SourceSurvey,
  options: PlaceOptions,
): AsyncGenerator<PlacedEntry> {
  const { manifest } = survey;
  const keys = createDigestSet();
  const missing = new Set(manifest?.rows.keys());
  const toldOf = new Set<string>();

  const toPlaced = (file: SourceFile): PlacedEntry => {
    const found = findPlace(file.path, survey);
    if ('kind' in found) return found;
    const refuse = (detail: string): SourceRefusal => ({
      kind: 'refused',
      path: file.path,
      reason: 'unexpected_key',
      detail,
    });
    const group = found.group ?? options.groupPattern?.exec(found.file)?.[1] ?? null;
    const place = { ...found, group, source: found.source ?? options.source ?? null };
    try {
      const object = toLandingObject({ ...place, dataset: options.dataset });
      if (!keys.add(object.key)) return refuse(`another file has its name already (${showName(object.key)})`);
      return { kind: 'placed', file, place, ...object };
    } catch (thrown) {
      if (thrown instanceof AppError && thrown.code === 'image_unfit') return refuse(thrown.message);
      throw thrown;
    }
  };

  for await (const entry of source.entries()) {
    if (entry.kind === 'folder' || isIgnored(entry.path)) continue;
    const named = entry.path.split('/').slice(survey.outerFolders).join('/');
    missing.delete(named);
    if (manifest?.refused.has(named) === true) toldOf.add(named);
    if (entry.kind === 'refused') yield entry;
    else if (entry.path !== manifest?.path) yield toPlaced(entry);
  }
  if (manifest === null) return;
  const unfit = (line: number, detail: string): SourceRefusal => ({
    kind: 'refused',
    path: manifest.path,
    reason: 'manifest_unfit',
    detail: `line ${line}: ${detail}`,
    isRow: true,
  });
  for (const { line, path, detail } of manifest.problems) {
    if (path === null || !toldOf.has(path)) yield unfit(line, detail);
  }
  for (const path of missing) yield unfit(manifest.rows.get(path)?.line ?? 0, `${showName(path)} isn't there`);
}
