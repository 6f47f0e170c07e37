import type { ReviewAct } from '@graft/contracts';

/** What a decision did to a version, as pages tell it: "approved by …". */
export const REVIEW_ACTS_TOLD: Readonly<Record<ReviewAct, string>> = {
  approve: 'approved',
  reject: 'rejected',
  expire: 'expired',
  reopen: 'reopened',
};
