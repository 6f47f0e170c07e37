import { AppError } from '@graft/contracts';

/** The generation moved between a person's look and their act. */
export const staleGeneration = (place: { model: string; environment: string }, seen: number, now: number): AppError =>
  new AppError(
    'stale_generation',
    `${place.environment} serves generation ${now} of ${place.model}, and what you saw was generation ${seen}: look again`,
    { details: { ...place, expectedGeneration: seen, generation: now } },
  );
