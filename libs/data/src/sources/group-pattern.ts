/** Groups that stand in file names: `--group-pattern '^(visit-\d+)'`. */
import { AppError } from '@graft/contracts';
import { placeEntries, type PlaceOptions } from './place-entries.js';
import type { Source } from './source.js';
import type { SourceSurvey } from './survey-source.js';

/**
 * Reads a pattern that a person typed.
 * @throws AppError `usage` where it is no regular expression, or has no parentheses around what is the group.
 */
export const parseGroupPattern = (text: string): RegExp => {
  let pattern: RegExp;
  let groups: number;
  try {
    pattern = new RegExp(text, 'u');
    // Or nothing: it matches whatever it is, and shows how many groups there are.
    groups = (new RegExp(`${text}|`, 'u').exec('')?.length ?? 1) - 1;
  } catch (cause) {
    throw new AppError('usage', `--group-pattern is no regular expression: ${text}`, { cause });
  }
  if (groups > 0) return pattern;
  throw new AppError(
    'usage',
    `--group-pattern has no parentheses around the part of a name that is the group, such as '^([^_]+)_'; got ${text}`,
  );
};

/**
 * Looks whether a pattern gives any file a group. Reads names alone, up to the first that matches.
 * @returns null where it does, or where every file has a group without it; else the first name that it doesn't match.
 */
export const findUnmatchedName = async (
  source: Source,
  survey: SourceSurvey,
  { dataset, groupPattern }: Pick<PlaceOptions, 'dataset'> & { readonly groupPattern: RegExp },
): Promise<string | null> => {
  let example: string | null = null;
  for await (const entry of placeEntries(source, survey, { dataset })) {
    if (entry.kind === 'refused' || entry.place.group !== null) continue;
    if (groupPattern.exec(entry.place.file)?.[1] !== undefined) return null;
    example ??= entry.place.file;
  }
  return example;
};
