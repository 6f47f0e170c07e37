/** The stages of a run, out of its events. Pure. */
import { describeFacts, type RunEvent, type RunStage } from '@graft/contracts';

export interface StageTold {
  readonly stage: RunStage;
  readonly state: 'under way' | 'finished' | 'failed';
  /** Of its newest progress; several workers tell of `embed`, the furthest counts. */
  readonly progress: RunEvent | null;
  readonly seconds: number | null;
  /** What it came to, or what went wrong. */
  readonly words: string;
}

const further = (before: RunEvent | null, event: RunEvent): RunEvent =>
  before !== null && event.stage === 'embed' && (before.step ?? 0) > (event.step ?? 0) ? before : event;

const next = (before: StageTold | undefined, event: RunEvent): StageTold => {
  const { stage, kind, message, data = {}, seconds = null } = event;
  const fresh: StageTold = { stage, state: 'under way', progress: null, seconds: null, words: '' };
  const present = before ?? fresh;
  switch (kind) {
    case 'started':
      return fresh;
    case 'progress':
      return { ...present, progress: further(present.progress, event) };
    case 'finished':
      return { ...present, state: 'finished', seconds, words: message ?? describeFacts(stage, data) };
    case 'failed':
      return { ...present, state: 'failed', words: message ?? '' };
    case 'warning':
      return present;
  }
};

/** @param events of one run, in order. @returns stages in the order in which they first began; what is tried again begins anew */
export const stagesOf = (events: readonly RunEvent[]): StageTold[] => {
  const stages = new Map<RunStage, StageTold>();
  for (const event of events) stages.set(event.stage, next(stages.get(event.stage), event));
  return [...stages.values()];
};
