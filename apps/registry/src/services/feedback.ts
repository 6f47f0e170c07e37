/** What people and programs say of answers, and how often a version was right by that. */
import type { FeedbackResult, LiveAccuracy, VerifiedFeedback } from '@graft/contracts';
import type { Database } from '../db/database.js';
import { planFeedback, windowsOf } from '../rules/feedback.js';
import { noSuch } from '../rules/not-found.js';
import type { PageAsk } from '../rules/page.js';

export const feedbackService = (db: Database) => ({
  /** One result for each, in their order. Said again, it counts once. */
  recordFeedback: (items: readonly VerifiedFeedback[]): Promise<FeedbackResult[]> =>
    db.transaction(async (tx) => {
      const counting = await tx.feedback.lock(items.map(({ requestId }) => requestId));
      const keys = new Map(items.map(({ model, version }) => [`${version} ${model}`, { model, version }]));
      const versions = await tx.models.findVersions([...keys.values()]);
      const { results, superseded, rows } = planFeedback(items, { versions, counting });
      await tx.feedback.supersede(superseded);
      await tx.feedback.create(rows);
      return [...results];
    }),

  /** Of versions that have feedback, the newest first. */
  liveAccuracy: async (
    place: { model: string; environment: string },
    page: PageAsk<number>,
  ): Promise<LiveAccuracy[]> => {
    if ((await db.models.get(place.model)) === null) throw noSuch('model', place.model, await db.models.names());
    const found = await db.feedback.accuracy(place, page);
    const versions = await db.models.findVersions(found.map(({ version }) => ({ model: place.model, version })));
    return found.flatMap(({ version, counts }) => {
      const evaluation = versions.find((one) => one.version === version)?.accuracy;
      return evaluation === undefined
        ? []
        : [{ ...place, version, windows: windowsOf(counts, evaluation), evaluation }];
    });
  },
});
