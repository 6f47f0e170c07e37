/** Sources that fix everything as train: nothing of them is ever tested on, whatever a dataset's shares say. */
import { placeEntries, type PlaceOptions } from './place-entries.js';
import type { Source } from './source.js';
import type { SourceSurvey } from './survey-source.js';

/** Whether a source has files, and fixes each of them as train. Reads names alone, up to the first that says otherwise. */
export const bringsTrainAlone = async (
  source: Source,
  survey: SourceSurvey,
  { dataset }: Pick<PlaceOptions, 'dataset'>,
): Promise<boolean> => {
  let placed = 0;
  for await (const entry of placeEntries(source, survey, { dataset })) {
    if (entry.kind === 'refused') continue;
    if (entry.place.split !== 'train') return false;
    placed += 1;
  }
  return placed > 0;
};
